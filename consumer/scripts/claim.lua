#!lua
-- Takes over the sources of a bucket, by compare with the owner tokens read before (design, section 6 "On assignment").
-- KEYS: marks, outbox.  ARGV: incarnation; n sources, then field, owner expected ('' none), new owner, first offset.
-- Answers: {'ok', model, mark ..., {outbox field, value ...}} | {'incarnation', found} | {'owner', mark ...}
local n = tonumber(ARGV[2])
local fields = { 'incarnation', 'model' }
for i = 1, n do
  fields[i + 2] = ARGV[4 * i - 1]
end
local found = redis.call('HMGET', KEYS[1], unpack(fields))
if found[1] ~= ARGV[1] then
  return { 'incarnation', found[1] or '' }
end
local marks, writes, taken = {}, {}, true
for i = 1, n do
  local expected, token, first = ARGV[4 * i], ARGV[4 * i + 1], ARGV[4 * i + 2]
  local next_offset, watermark, owner = string.match(found[i + 2] or '', '^(%d+) (%S+) (%S+)$')
  -- the token may be ours already: the answer to this very call was lost with its connection
  taken = taken and ((owner or '') == expected or owner == token)
  marks[i] = (next_offset or first) .. ' ' .. (watermark or '-') .. ' ' .. token
  writes[2 * i - 1], writes[2 * i] = fields[i + 2], marks[i]
end
if not taken then
  local answer = { 'owner' }
  for i = 1, n do
    answer[i + 1] = found[i + 2] or ''
  end
  return answer
end
if n > 0 then
  redis.call('HSET', KEYS[1], unpack(writes))
end
local outbox = {}
local entries = redis.call('HGETALL', KEYS[2])
for k = 1, #entries, 2 do
  for i = 1, n do
    local prefix = fields[i + 2] .. '/'
    if string.sub(entries[k], 1, #prefix) == prefix then
      outbox[#outbox + 1], outbox[#outbox + 2] = entries[k], entries[k + 1]
    end
  end
end
local answer = { 'ok', found[2] or '' }
for i = 1, n do
  answer[i + 2] = marks[i]
end
answer[n + 3] = outbox
return answer

#!lua
-- A bucket's share of a batch, all or nothing (design, section 5 "Save").
-- KEYS: marks, outbox, due, sizes, the customers, then the profiles.
-- ARGV: incarnation; model in force expected ('' any); model to put in force ('' none);
--       sources: n, then field, owner, next offset expected, new mark;
--       after: n, then field, the offset that the mark of this source must have reached;
--       absent: n, then customers without a state, who must not be in the index;
--       customers: n, then revision expected ('' none), record ('' unchanged);
--       due: n, then score, customer;  gone from it: n, then customer;
--       outbox: n, then field, value;  drops: n, then outbox field;
--       sizes: n, then field, customers, value;  profiles: n, then n fields (0: remove), field, text ...
-- Answers: {'ok'} | {'incarnation', found} | {'marks', found ...} | {'wait', field}
--          | {'model', found} | {'index', customer} | {'moved', i ...}
local cursor = 0
local function take()
  cursor = cursor + 1
  return ARGV[cursor]
end

local incarnation, model, new_model = take(), take(), take()
local fields, owners, expected, marks = { 'incarnation', 'model' }, {}, {}, {}
for i = 1, tonumber(take()) do
  fields[i + 2], owners[i], expected[i], marks[i] = take(), take(), take(), take()
end
local n_after = tonumber(take())
local after = cursor
cursor = cursor + 2 * n_after
local found = redis.call('HMGET', KEYS[1], unpack(fields))
if found[1] ~= incarnation then
  return { 'incarnation', found[1] or '' }
end
for i = 1, #owners do
  local next_offset, owner = string.match(found[i + 2] or '', '^(%d+) %S+ (%S+)$')
  if owner ~= owners[i] or next_offset ~= expected[i] then
    local answer = { 'marks' }
    for k = 1, #owners do
      answer[k + 1] = found[k + 2] or ''
    end
    return answer
  end
end
for i = after + 1, after + 2 * n_after, 2 do
  local mark = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  if (tonumber(string.match(mark, '^%d+')) or -1) < tonumber(ARGV[i + 1]) then
    return { 'wait', ARGV[i] }
  end
end
if model ~= '' and found[2] ~= model then
  return { 'model', found[2] or '' }
end

for _ = 1, tonumber(take()) do
  local customer = take()
  if redis.call('ZSCORE', KEYS[3], customer) then
    return { 'index', customer }
  end
end

local n = tonumber(take())
if n > 0 then
  local keys, writes, moved = {}, {}, { 'moved' }
  for i = 1, n do
    keys[i] = KEYS[4 + i]
  end
  local states
  for i = 1, n do
    local at = (i - 1) % 1000 + 1 -- Lua unpacks fewer than 8000 values at a time
    if at == 1 then
      states = redis.call('MGET', unpack(keys, i, math.min(i + 999, n)))
    end
    local revision, record = take(), take()
    if string.sub(states[at] or '', 1, 8) ~= revision then
      moved[#moved + 1] = i - 1
    end
    if record ~= '' then
      writes[#writes + 1], writes[#writes + 2] = keys[i], record
    end
  end
  if #moved > 1 then
    return moved
  end
  for from = 1, #writes, 2000 do
    redis.call('MSET', unpack(writes, from, math.min(from + 1999, #writes)))
  end
end

local function write_pairs(command, key)
  local last = 2 * tonumber(take())
  for from = 1, last, 2000 do
    redis.call(command, key, unpack(ARGV, cursor + from, cursor + math.min(from + 1999, last)))
  end
  cursor = cursor + last
end
write_pairs('ZADD', KEYS[3])
local gone = tonumber(take())
for from = 1, gone, 2000 do
  redis.call('ZREM', KEYS[3], unpack(ARGV, cursor + from, cursor + math.min(from + 1999, gone)))
end
cursor = cursor + gone
write_pairs('HSET', KEYS[2])
local drops = tonumber(take())
if drops > 0 then
  redis.call('HDEL', KEYS[2], unpack(ARGV, cursor + 1, cursor + drops))
  cursor = cursor + drops
end
if new_model ~= '' then -- what is expected of customers is by the model in force: they are counted anew under this one
  for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
    if string.find(field, '@', 1, true) then
      redis.call('HDEL', KEYS[4], field)
    end
  end
end
for _ = 1, tonumber(take()) do
  local field, customers, value = take(), take(), take()
  -- nothing may fail once something is written; a sum beyond 64 bits stays as it is: it is for people, nothing is decided by it
  redis.pcall('HINCRBY', KEYS[4], field .. '/value', value)
  if customers ~= '0' and redis.call('HINCRBY', KEYS[4], field, customers) == 0 then
    redis.call('HDEL', KEYS[4], field, field .. '/value')
  end
end
for i = 1, tonumber(take()) do
  local key, count = KEYS[4 + n + i], tonumber(take())
  if count == 0 then
    redis.call('DEL', key)
  else
    redis.call('HSET', key, unpack(ARGV, cursor + 1, cursor + 2 * count))
    if redis.call('HLEN', key) ~= count then -- fields that it no longer has; rare, and a DEL each time costs more
      redis.call('DEL', key)
      redis.call('HSET', key, unpack(ARGV, cursor + 1, cursor + 2 * count))
    end
    cursor = cursor + 2 * count
  end
end

local writes = {}
for i = 1, #owners do
  writes[2 * i - 1], writes[2 * i] = fields[i + 2], marks[i]
end
if new_model ~= '' then
  writes[#writes + 1], writes[#writes + 2] = 'model', new_model
end
if #writes > 0 then
  redis.call('HSET', KEYS[1], unpack(writes))
end
return { 'ok' }

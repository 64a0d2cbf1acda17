#!lua flags=no-writes
-- What obek audit holds against the logs, of one bucket at one instant.
-- KEYS: marks, due, sizes, outbox; the customers; their profiles. ARGV: '1': sizes and outbox too; the customers.
-- Answer: marks, states, scores, profiles, sizes, outbox. What is of another type than it should be is told as if it were not there.
local function get(...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    return false
  end
  return answer
end

local n = #ARGV - 1
local states, scores, profiles = {}, {}, {}
for i = 1, n do
  states[i] = get('GET', KEYS[4 + i])
  scores[i] = get('ZSCORE', KEYS[2], ARGV[i + 1])
  profiles[i] = get('HGETALL', KEYS[4 + n + i])
end
local whole = ARGV[1] == '1'
return { get('HGETALL', KEYS[1]), states, scores, profiles, whole and get('HGETALL', KEYS[3]), whole and get('HGETALL', KEYS[4]) }

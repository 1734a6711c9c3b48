/** How each script begins: its settings, the time, the keys. All that is Lua is a text in these files. */

export const HEAD: string = `
-- KEYS[1]: the beginning of all keys; in a Cluster they share one slot. ARGV[1]: the time, '' for the server's; tests
-- give one. All times are epoch milliseconds.
local P, A, call, floor = KEYS[1], ARGV, redis.call, math.floor
local t = tonumber(A[1])
if not t then
  local now = call('TIME')
  t = now[1] * 1000 + floor(now[2] / 1000)
end
local STATE, BEAT, ACK, WAITING, OPEN, RECORDS, LISTS =
  P .. ':s', P .. ':beat', P .. ':ack', P .. ':d', P .. ':bs', P .. ':r', P .. ':n'

-- Lua would write a large number as 1.7e+12.
local function num(n)
  return string.format('%.0f', n)
end

-- A command with a list as long as it likes: unpack puts all values on the stack, which is bounded.
local function many(command, key, list)
  for i = 1, #list, 2000 do
    call(command, key, unpack(list, i, math.min(i + 1999, #list)))
  end
end

-- This server's run id. A service that hides it must not fail: seq finds a gap, too.
local function runId()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%x+)') or 'unknown'
end

-- Whether a Cluster is moving the slot to this server. Commands come here already, the keys one by one: what was written
-- meanwhile would be in the way of keys that are still to come. To be asked where the keys are not this server's.
local function arriving()
  local nodes = redis.pcall('CLUSTER', 'NODES')
  if type(nodes) ~= 'string' or not string.find(nodes, '-<-', 1, true) then return false end
  return string.find(nodes, '[' .. call('CLUSTER', 'KEYSLOT', STATE) .. '-<-', 1, true) ~= nil
end
local ARRIVING = { err = 'TRYAGAIN the slot is being moved' }

-- The application has usage to be taken, from the moment 'at' on.
local function waits(app, at)
  local since = tonumber(call('ZSCORE', WAITING, app) or nil)
  if since and since <= at then return end
  call('ZADD', WAITING, num(at), app)
  if not since then call('PEXPIRE', WAITING, KEEP) end
end

-- Whether this server lacks writes that a process may still have to book again. It waits at least for HOLD, because a
-- process that joined in the lost second is not known here, and for RECOVER at most.
local function recovering(rec, epoch)
  if rec <= t then return false end
  return t < rec - RECOVER + HOLD or call('ZCOUNT', ACK, '-inf', '(' .. num(epoch)) > 0
end
`

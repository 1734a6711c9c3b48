/** take: makes a batch of what waits longest, or hands out one whose reporter died. */

export const TAKE: string = `
-- ARGV: t, batch -> more (1: more is due), orphan, rows... (application, minute|metric, n), proofs... (application, p,
-- when 3scale was asked for the answer that last proved it)
--   orphan '', or the name by which this process has the batch of a dead one from now on, <name>/<batch>: it was on its
--          way, so it is ambiguous. Unless its new owner says so within FLIGHT, it is handed out again.
if call('HGET', STATE, 'run') ~= runId() and arriving() then return ARRIVING end
local id = A[2]
local key = P .. ':b:' .. id
local T = math.max(t, tonumber(call('HGET', STATE, 'floor') or 0))

local function more()
  return (call('ZCOUNT', WAITING, '-inf', num(T - INTERVAL)) > 0 or orphan()) and 1 or 0
end

local function answer(rows, of)
  local out, told = { more(), of or '' }, {}
  -- Amounts as texts, because some clients read large numbers wrongly.
  for i = 1, #rows do out[i + 2] = i % 3 == 0 and num(rows[i]) or rows[i] end
  for i = 1, #rows, 3 do
    local app = rows[i]
    if not told[app] then
      told[app] = true
      local p = call('HGET', P .. ':a:' .. app, 'p')
      if p then out[#out + 1], out[#out + 2], out[#out + 3] = app, 'p', p end
    end
  end
  return out
end

-- A repetition: the answer was lost, the batch is there.
local had = call('HMGET', key, 'st', 'rows')
if had[1] then
  return answer(had[1] == 'taken' and cmsgpack.unpack(had[2]) or {})
end
for _, open in ipairs(call('ZRANGE', OPEN, 0, -1)) do
  if string.sub(open, -#id - 1) == '/' .. id then
    return answer(cmsgpack.unpack(call('HGET', P .. ':b:' .. open, 'rows')), open)
  end
end

-- A part of the batch that holds all of its rows: who lacks it can make it anew, as any part.
local function adopt(from)
  local to, dead = from .. '/' .. id, P .. ':b:' .. from
  local packed = call('HGET', dead, 'rows')
  local rows = cmsgpack.unpack(packed)
  for i = 1, #rows, 3 do
    local hash = P .. ':a:' .. rows[i]
    call('HDEL', hash, '-' .. from .. '|' .. rows[i + 1])
    call('HINCRBY', hash, '-' .. to .. '|' .. rows[i + 1], num(rows[i + 2]))
  end
  call('HSET', dead, 'st', 'moved', 'at', num(t))
  call('HDEL', dead, 'rows')
  call('ZREM', OPEN, from)
  call('HSET', P .. ':b:' .. to, 'st', 'orphan', 'at', num(t), 'rows', packed)
  call('PEXPIRE', P .. ':b:' .. to, 40 * DAY)
  undecided(to, t)
  return answer(rows, to)
end

local from = orphan()
if from then
  call('HSET', STATE, 'takeUntil', 0)
  return adopt(from)
end

local rows = {}
-- Moves the usage of one application that may be reported to the batch. -> when more of it is to be taken
local function take(app, since)
  local hash, drop, sums, next = P .. ':a:' .. app, {}, {}, nil
  close(app)
  local h = call('HGETALL', hash)
  for i = 1, #h, 2 do
    local sign, minute, rest = string.match(h[i], '^([+*])(%d+)(.*)$')
    local n = tonumber(h[i + 1])
    -- '*' awaits the status of its response. A process that died will not tell it, so the wait is bounded.
    local held = sign == '*' and tonumber(minute) > t - HELD
    if sign and held and n ~= 0 then
      next = math.min(next or math.huge, tonumber(minute) + HELD)
    elseif sign and n > 0 and #rows >= 3 * ROWS then
      next = since
    elseif sign then
      -- '+' and '*' of one minute are one row for 3scale, which takes no larger number.
      local row = minute .. rest
      local part = math.min(n, MOST - (sums[row] or 0))
      if part > 0 then
        rows[#rows + 1], rows[#rows + 2], rows[#rows + 3] = app, row, part
        sums[row] = (sums[row] or 0) + part
      end
      if n > 0 and part < n then
        call('HSET', hash, h[i], num(n - part))
        next = since
      -- Less than nothing: what was taken already is given back. It waits for usage of the same minute, then it is lost.
      elseif n >= 0 or tonumber(minute) < t - 120000 then drop[#drop + 1] = h[i] end
    end
  end
  many('HDEL', hash, drop)
  for row, n in pairs(sums) do call('HSET', hash, '-' .. id .. '|' .. row, num(n)) end
  return next
end

-- Ahead by at most a minute: a server with a wrong clock may have noted them. What is held waits later than that.
local due = call('ZRANGEBYSCORE', WAITING, '-inf', num(T + 60000), 'WITHSCORES', 'LIMIT', 0, APPLICATIONS)
for i = 1, #due, 2 do
  local next = take(due[i], tonumber(due[i + 1]))
  if next then call('ZADD', WAITING, num(next), due[i]) else call('ZREM', WAITING, due[i]) end
  if #rows >= 3 * ROWS then break end
end
call('HSET', STATE, 'takeUntil', 0)
if #rows > 0 then
  call('HSET', key, 'st', 'taken', 'at', num(t), 'rows', cmsgpack.pack(rows))
  call('PEXPIRE', key, DAY)
  undecided(id, t)
end
return answer(rows)
`

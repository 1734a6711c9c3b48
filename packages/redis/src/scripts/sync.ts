/** sync: the one command of a process. Books what it owes, then takes what it asks for. */
import { BATCHES } from './batches.ts'
import { OPEN_RECORDS } from './records.ts'

export const SYNC: string = `
-- ARGV: t, process, seq, acked, beat, run, n, shapes..., k, groups...
--   acked  the newest epoch for which the process has booked again what was lost
--   beat   0 only asks; 1 heartbeat; 2 heartbeat, and it leaves
--   run    '' for this server's run id; tests give one
--   shape  v, number of cells, (field, end, need, max)..., number of amounts, (field, amount)...
--   group  shape, n, size, applications...: lines of that shape, each n times. The first k are books, counted whatever
--          the limits say; the others are asks. An ask with n < 0 is one for -n - 1 that goes by the counts of an
--          application however long ago it was proved
-- -> T, prev, epoch, report, processes, mark, answers of the lines..., lines to refresh...
--   answer how many were taken (0 for a book), or -1 another layout, followed by its name; -2 not proved for STALE;
--          -3 not now. Then p if the shape has no cells or the layout is another. Then the count of each cell, if an
--          ask got less than it wanted, or wanted 0.
--   prev   the last seq applied before this one
--   report 1: this process has to take what waits; 2: usage waits or is on its way, and its process may be dead
--   mark   all that was booked before it is taken
local COMMANDS = 'DEL HDEL HGET HGETALL HINCRBY HMGET HSET PEXPIRE SET ZADD ZCARD ZCOUNT ZRANGE ZRANGEBYSCORE ZREM ZSCORE'
local process, seq, acked, beat = A[2], tonumber(A[3]), tonumber(A[4]), A[5]
local s = call('HMGET', STATE, 'run', 'epoch', 'rec', 'floor', 'at')
local run, epoch, rec, at = s[1], tonumber(s[2] or 0), tonumber(s[3] or 0), tonumber(s[5] or 0)
-- A clock behind 3scale's, or behind that of the last server, would open windows that are over.
local T = math.max(t, tonumber(s[4] or 0))
local memory = P .. ':m:' .. process
local m = call('HMGET', memory, 'seq', 'acked')
local last, known = tonumber(m[1] or 0), tonumber(m[2] or nil)

-- Who may not run one of the commands would fail in the middle of a script, and write again and again what comes before.
if not known and redis.acl_check_cmd then
  for command in string.gmatch(COMMANDS, '%u+') do
    if not redis.acl_check_cmd(command, STATE) then return { err = 'NOPERM no permission to run ' .. command } end
  end
end

-- Another server answers, or this one began anew. Not looked at for each ask, because the question costs 3 us.
local moved = false
if beat ~= '0' or t - at > CHECK or t < at then
  local now = A[6]
  if now == '' then now = runId() end
  moved = now ~= run
  if moved and arriving() then return ARRIVING end
  call('HSET', STATE, 'at', num(t), 'run', now)
end

-- This server lacks writes. Who may have made them has to tell them again, before limits are decided about.
if moved or acked > epoch or (seq - 1 > last and (acked == epoch or rec <= t)) then
  if moved then
    for _, silent in ipairs(call('ZRANGEBYSCORE', BEAT, '-inf', '(' .. num(at - SILENT))) do
      call('ZREM', BEAT, silent)
      call('ZREM', ACK, silent)
    end
    -- The others have had no time yet, and the clock may be another one: the next server must not find them silent.
    for _, other in ipairs(call('ZRANGE', BEAT, 0, -1)) do call('ZADD', BEAT, num(t), other) end
  end
  epoch = math.max(epoch, acked, t) + 1
  -- A fleet's first command: nothing can be lost yet.
  rec = (run or seq > 1) and t + RECOVER or 0
  call('HSET', STATE, 'epoch', num(epoch), 'rec', num(rec))
end
if not known or acked > known then
  -- A new process has nothing to book again.
  if not known and seq == 1 then acked = epoch end
  known = acked
  call('HSET', memory, 'acked', num(acked))
  call('PEXPIRE', memory, DAY)
  call('ZADD', ACK, num(acked), process)
  call('ZADD', BEAT, num(t), process)
end
local wait = recovering(rec, epoch)
local out = { T, last, epoch, 0, 0, 0 }

-- A repetition. It is told 'prev' as at the first time: told its own seq, it would not see what was missing then.
if seq <= last then
  if seq == last then
    local answer = cmsgpack.unpack(call('HGET', memory, 'rep'))
    out[2] = answer[1]
    for i = 2, #answer do out[5 + i] = answer[i] end
  end
  return out
end

-- A shape has its cells first, then its amounts.
local shapes, k = {}, 8
for i = 1, tonumber(A[7]) do
  local fields, adds, stops, maxes, due = {}, {}, {}, {}, T
  local v, cells = A[k], tonumber(A[k + 1])
  k = k + 2
  for c = 1, cells do
    fields[c], stops[c], adds[c], maxes[c] = A[k], tonumber(A[k + 1]), tonumber(A[k + 2]), tonumber(A[k + 3])
    k = k + 4
  end
  local amounts = tonumber(A[k])
  k = k + 1
  for c = cells + 1, cells + amounts do
    fields[c], adds[c] = A[k], tonumber(A[k + 1])
    -- What awaits the status of its response is not taken now, but some day.
    if string.byte(A[k]) == 42 then due = T + HELD end
    k = k + 2
  end
  shapes[i] = { v = v, cells = cells, fields = fields, adds = adds, stops = stops, maxes = maxes, due = due }
end

local books, groups, apps = tonumber(A[k]), {}, {}
k = k + 1
while A[k] do
  local first, size = #apps + 1, tonumber(A[k + 2])
  for i = k + 3, k + 2 + size do apps[#apps + 1] = A[i] end
  groups[#groups + 1] = { shape = shapes[tonumber(A[k])], n = tonumber(A[k + 1]), first = first, last = #apps }
  k = k + 3 + size
end
${OPEN_RECORDS}
-- How often the usage fits, of n times; -3: the window is over, and its count may be gone.
local function fitting(shape, numbers, places, n)
  local adds, maxes = shape.adds, shape.maxes
  for c = 1, shape.cells do
    local now, need, max = numbers[places[c]], adds[c], maxes[c]
    if not now then
      if shape.stops[c] <= T then return -3 end
      now = 0
    end
    if now + need > max then n = 0
    elseif n * need > max - now then n = floor((max - now) / need) end
  end
  return n
end

-- Adds n times the usage to the numbers of a record, which has all of them.
local function countInRecord(shape, app, numbers, places, list, n)
  local cells, adds = shape.cells, shape.adds
  for i = 1, #adds do
    local at = places[i]
    if i > cells and numbers[at] <= 0 then waits(app, shape.due) end
    numbers[at] = numbers[at] + n * adds[i]
  end
  keep(app, struct.pack(list.format, unpack(numbers)))
end

-- Adds n times the usage to numbers by name.
local function count(shape, app, v, numbers, n)
  local cells, adds, fresh, set = shape.cells, shape.adds, false, {}
  for i, field in ipairs(shape.fields) do
    local now = numbers[field]
    -- Without a layout nothing is counted yet. A window that is over is not opened again.
    if i > cells or v and (now or shape.stops[i] > T) then
      if i > cells and (now or 0) <= 0 then
        fresh = true
        waits(app, shape.due)
      end
      numbers[field] = (now or 0) + n * adds[i]
      set[#set + 1], set[#set + 2] = field, num(numbers[field])
    end
  end
  -- A record costs more than the hash when it is begun, so it is begun for usage that has come before.
  if v and (records[app] or not fresh) then begin(app, v, numbers)
  else
    many('HSET', P .. ':a:' .. app, set)
    if not v then call('PEXPIRE', P .. ':a:' .. app, KEEP) end
  end
end

local answer, refresh, r = { last }, {}, 1
local function say(value)
  r = r + 1
  answer[r] = value
end

for g, group in ipairs(groups) do
  local shape, wanted, book = group.shape, group.n, g <= books
  local cells, aged = shape.cells, book or wanted < 0
  if aged and not book then wanted = -wanted - 1 end
  for line = group.first, group.last do
    local app, n, refused = apps[line], wanted, nil
    local v, numbers, places, list = find(shape, app)
    local p = numbers[2]
    if v ~= shape.v and (v or not book) then refused = -1
    elseif not aged and t - p > STALE then refused = -2
    elseif not book and wait and cells > 0 then refused = -3
    elseif not book then
      n = fitting(shape, numbers, places, wanted)
      if n < 0 then refused = n end
    end
    say(refused or (book and 0 or n))
    if refused == -1 then say(v or '') end
    if refused == -1 or cells == 0 then say(p) end
    if not refused then
      if n ~= 0 then
        if list then countInRecord(shape, app, numbers, places, list, n) else count(shape, app, v, numbers, n) end
      end
      if not book and (TELL or n < wanted or wanted == 0) then
        for c = 1, cells do say(numbers[places[c]] or 0) end
      end
    end
    -- Asked about once for all, and again only if no answer has come.
    if t - p > TTL and t - tonumber(call('HGET', P .. ':a:' .. app, 'a') or 0) > ASK then
      call('HSET', P .. ':a:' .. app, 'a', num(t))
      if not v then call('PEXPIRE', P .. ':a:' .. app, KEEP) end
      refresh[#refresh + 1] = line
    end
  end
end
write()
for i = 1, #refresh do say(refresh[i]) end
call('HSET', memory, 'seq', num(seq), 'rep', cmsgpack.pack(answer))

if beat ~= '0' then
${BATCHES}
  call('ZADD', BEAT, num(t), process)
  call('ZADD', ACK, num(math.max(acked, known)), process)
  call('PEXPIRE', memory, DAY)
  for _, gone in ipairs(call('ZRANGEBYSCORE', BEAT, '-inf', '(' .. num(t - FORGET))) do
    call('ZREM', BEAT, gone)
    call('ZREM', ACK, gone)
  end
  -- Who reported these died. No byte of what was only taken was sent.
  for _, id in ipairs(call('ZRANGEBYSCORE', OPEN, '-inf', '(' .. num(t - FLIGHT))) do
    local st = call('HGET', P .. ':b:' .. id, 'st')
    if st == 'taken' then settle(id, 'back', '', nil)
    elseif st == 'flight' or st == 'ambiguous' and not owned(id) then bereave(id)
    elseif st == 'ambiguous' then undecided(id, t)
    elseif not st then call('ZREM', OPEN, id) end
  end
  local oldest = tonumber(call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')[2] or nil)
  if (oldest and oldest <= T - INTERVAL or orphan()) and not wait and t >= tonumber(call('HGET', STATE, 'takeUntil') or 0) then
    call('HSET', STATE, 'takeUntil', num(t + 2000))
    out[4] = 1
  elseif oldest and oldest <= T or call('ZCARD', OPEN) > 0 then
    out[4] = 2
  end
  out[5] = call('ZCARD', BEAT)
  out[6] = math.min(oldest or T, T)
  if beat == '2' then
    call('ZREM', BEAT, process)
    call('ZREM', ACK, process)
  end
  for _, key in ipairs({ STATE, BEAT, ACK, WAITING }) do call('PEXPIRE', key, KEEP) end
  call('PEXPIRE', OPEN, 40 * DAY)
end
for i = 2, r do out[5 + i] = answer[i] end
return out
`

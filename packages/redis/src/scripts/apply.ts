/** apply: corrects the counts of one application by an answer of 3scale. */

export const APPLY: string = `
-- ARGV: t, application, asked, v, text of the layout, base, n, reports...
--   base    the layout that the process knew when it made this one
--   report  limit, start, end, current, number of covered metrics, metrics...
-- -> ok | wait (recovering) | other, v (another layout than base is here, and must not be replaced unseen)
if call('HGET', STATE, 'run') ~= runId() and arriving() then return ARRIVING end
local app, asked, v, text = A[2], tonumber(A[3]), A[4], A[5]
local key = P .. ':a:' .. app
local s = call('HMGET', STATE, 'epoch', 'rec', 'floor')
local floorTime = tonumber(s[3] or 0)
local reports, names, k = {}, {}, 8
for i = 1, tonumber(A[7]) do
  local report = {
    name = A[k], start = tonumber(A[k + 1]), stop = tonumber(A[k + 2]), current = tonumber(A[k + 3]),
    covers = {}, unsent = 0, unsettled = 0,
  }
  for c = 1, tonumber(A[k + 4]) do report.covers[A[k + 4 + c]] = true end
  k = k + 5 + tonumber(A[k + 4])
  reports[i] = report
  names[report.name] = true
  if report.start > floorTime then
    floorTime = report.start
    call('HSET', STATE, 'floor', num(floorTime))
  end
end
-- What waits may be incomplete: the next ask leads to a new question.
if recovering(tonumber(s[2] or 0), tonumber(s[1] or 0)) then
  call('HSET', key, 'a', 0)
  return 'wait'
end

close(app)
local h, had = call('HGETALL', key), {}
for i = 1, #h, 2 do had[h[i]] = h[i + 1] end
if had.v and had.v ~= A[6] and had.v ~= v then return { 'other', had.v } end
local newest = asked > tonumber(had.q or 0)
local settled = asked - SETTLE
local drop, set, batches = {}, {}, {}
local function batch(id)
  if not batches[id] then
    local b = call('HMGET', P .. ':b:' .. id, 'st', 'at')
    batches[id] = { state = b[1], at = tonumber(b[2] or 0) }
  end
  return batches[id]
end
for field, value in pairs(had) do
  local id, minute, metric = string.match(field, '^[-]([^|]*)|(%d+)[.%d]*|(.*)$')
  if not id then minute, metric = string.match(field, '^[+*](%d+)[.%d]*|(.*)$') end
  if minute then
    minute = tonumber(minute)
    local sent = id and batch(id)
    -- Acknowledged so long ago that the answer has it.
    local open = not sent or sent.state and (sent.state ~= 'acked' or sent.at > settled)
    local within = false
    for _, report in ipairs(reports) do
      if minute >= report.start and minute < report.stop then
        within = true
        if open and report.covers[metric] then
          if sent then report.unsettled = report.unsettled + tonumber(value)
          else report.unsent = report.unsent + tonumber(value) end
        end
      end
    end
    if sent and newest and (not open or sent.state == 'ambiguous' and not within) then drop[#drop + 1] = field end
  else
    local name, stop = string.match(field, '^(.*)|(%d+)$')
    stop = tonumber(stop)
    if name and (stop <= t or newest and not names[name]) then drop[#drop + 1] = field end
    -- A server whose clock is behind this one's must not open that window again, with a count of 0.
    if name and stop <= t and stop > floorTime then
      floorTime = stop
      call('HSET', STATE, 'floor', num(floorTime))
    end
  end
end

local function put(field, value)
  set[#set + 1] = field
  set[#set + 1] = value
end
for _, report in ipairs(reports) do
  local field = report.name .. '|' .. num(report.stop)
  -- The answer cannot have what waits. It may have what was sent.
  local now, lower = tonumber(had[field] or nil), report.current + report.unsent
  local upper = lower + report.unsettled
  if newest then
    if report.stop > t then put(field, num(now and math.min(math.max(now, lower), upper) or upper)) end
  elseif now and now < lower then put(field, num(lower)) end
end
if newest then
  put('v', v)
  put('q', num(asked))
  call('SET', P .. ':l:' .. v, text, 'PX', 2 * DAY)
end
put('p', num(math.max(asked, tonumber(had.p or 0))))
put('a', 0)
many('HDEL', key, drop)
many('HSET', key, set)
call('PEXPIRE', key, KEEP)
return 'ok'
`

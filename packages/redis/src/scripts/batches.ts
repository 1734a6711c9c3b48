/** What sync, take and settle share: what becomes of a batch. */

export const BATCHES: string = `
-- A batch has no outcome yet, from the moment 'at' on. A sorted set that was empty is a new key, without an end.
local function undecided(id, at)
  call('ZADD', OPEN, num(at), id)
  call('PEXPIRE', OPEN, 40 * DAY)
end

local function pend(app, field, n)
  close(app)
  -- Not HINCRBY, which refuses numbers that other requests may have made of this one.
  local key = P .. ':a:' .. app
  call('HSET', key, field, num(tonumber(call('HGET', key, field) or 0) + n))
  waits(app, math.max(t, tonumber(call('HGET', STATE, 'floor') or 0)))
end

-- Takes rows out of the batch that they were taken with.
local function leave(parent, rows)
  local moved, left = {}, {}
  for i = 1, #rows, 3 do
    moved[rows[i]] = moved[rows[i]] or {}
    moved[rows[i]][rows[i + 1]] = true
    call('HDEL', P .. ':a:' .. rows[i], '-' .. parent .. '|' .. rows[i + 1])
  end
  local had = cmsgpack.unpack(call('HGET', P .. ':b:' .. parent, 'rows'))
  for i = 1, #had, 3 do
    if not (moved[had[i]] and moved[had[i]][had[i + 1]]) then
      left[#left + 1], left[#left + 2], left[#left + 3] = had[i], had[i + 1], had[i + 2]
    end
  end
  call('HSET', P .. ':b:' .. parent, 'rows', cmsgpack.pack(left))
end

-- Makes batch 'id' of rows (application, minute|metric, n), because it is a new part of another, <parent>/<n>, or
-- because this server has lost it. -> its state; nil: there was nothing to make it of
local function make(id, restore, rows)
  local parent = string.match(id, '^(.*)/')
  local was = parent and call('HGET', P .. ':b:' .. parent, 'st')
  if was == 'acked' or was == 'moved' then return was end
  if not was and restore == 'part' then return nil end
  if was then leave(parent, rows) end
  for i = 1, #rows, 3 do
    -- 'sub': the server went back to before the take, so the rows still wait there. 'keep': it is empty.
    if not was and restore == 'sub' then pend(rows[i], '+' .. rows[i + 1], -rows[i + 2]) end
    call('HINCRBY', P .. ':a:' .. rows[i], '-' .. id .. '|' .. rows[i + 1], num(rows[i + 2]))
  end
  was = was or 'flight'
  local key = P .. ':b:' .. id
  call('HSET', key, 'st', was, 'at', num(t), 'rows', cmsgpack.pack(rows))
  call('PEXPIRE', key, DAY)
  undecided(id, t)
  return was
end

-- Whether the process lives that took a batch, <process>:<take>, <other batch>/<process>:<take>, or a part /<n> of that.
local function owned(id)
  local owner = string.match(id, '([^/:]+):%d+[/%d]*$')
  return owner and call('ZSCORE', BEAT, owner)
end

-- The reporter of a batch died while it was on its way, or before it had told that it cannot be found out whether it was
-- counted. A process that only was away may still tell for a moment.
local function bereave(id)
  local key = P .. ':b:' .. id
  call('HSET', key, 'st', 'orphan')
  call('PEXPIRE', key, 40 * DAY)
  undecided(id, t - FLIGHT + 2000)
end

-- The batch of a dead reporter that waits longest to be taken over.
local function orphan()
  for _, id in ipairs(call('ZRANGEBYSCORE', OPEN, '-inf', '(' .. num(t - FLIGHT))) do
    if call('HGET', P .. ':b:' .. id, 'st') == 'orphan' then return id end
  end
end

-- Moves batch 'id' to state 'to'. 'rows' make it anew where it is missing.
local function settle(id, to, restore, rows)
  local key = P .. ':b:' .. id
  local was = call('HGET', key, 'st')
  if not was and restore ~= '' then was = make(id, restore, rows) end
  if not was then return 'lost' end
  -- Another process has it in hand, and tells what becomes of it.
  if was == 'moved' then return 'no' end
  -- The outcome may be told again, after the batch was already settled.
  if was == 'acked' then return to == 'flight' and 'no' or 'ok' end
  -- 40 s without a word: it was put back or is ambiguous by now, so no byte of it may be sent.
  if to == 'flight' and was ~= 'taken' and was ~= 'flight' then return 'no' end
  if to == 'back' or to == 'gone' then
    rows = cmsgpack.unpack(call('HGET', key, 'rows'))
    for i = 1, #rows, 3 do
      call('HDEL', P .. ':a:' .. rows[i], '-' .. id .. '|' .. rows[i + 1])
      if to == 'back' then pend(rows[i], '+' .. rows[i + 1], rows[i + 2]) end
    end
    call('DEL', key)
    call('ZREM', OPEN, id)
    return 'ok'
  end
  call('HSET', key, 'st', to == 'told' and 'ambiguous' or to, 'at', num(t))
  if to == 'acked' or to == 'told' then call('ZREM', OPEN, id) else undecided(id, t) end
  if to == 'acked' then call('HDEL', key, 'rows') end
  if to == 'ambiguous' or to == 'told' then call('PEXPIRE', key, 40 * DAY) end
  return 'ok'
end
`

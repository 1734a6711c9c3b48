/** What sync and settle share: how usage waits, and what becomes of a batch. */

export const BATCHES: string = `
-- The application has usage to be taken, from the moment 'at' on.
local function waits(app, at)
  local since = tonumber(call('ZSCORE', WAITING, app) or nil)
  if not since or since > at then call('ZADD', WAITING, num(at), app) end
end

local function pend(app, field, n)
  call('HINCRBY', P .. ':a:' .. app, field, num(n))
  waits(app, math.max(t, tonumber(call('HGET', STATE, 'floor') or 0)))
end

-- Moves batch 'id' to state 'to'. 'rows' (application, minute|metric, n) make a batch anew that this server has lost.
local function settle(id, to, restore, rows)
  local key = P .. ':b:' .. id
  local was = call('HGET', key, 'st')
  if not was then
    if restore == '' then return 'lost' end
    was = 'flight'
    for i = 1, #rows, 3 do
      -- 'sub': the server went back to before the take, so the rows still wait there. 'keep': it is empty.
      if restore == 'sub' then pend(rows[i], '+' .. rows[i + 1], -rows[i + 2]) end
      call('HINCRBY', P .. ':a:' .. rows[i], '-' .. id .. '|' .. rows[i + 1], num(rows[i + 2]))
    end
    call('HSET', key, 'st', was, 'at', num(t), 'rows', cmsgpack.pack(rows))
    call('PEXPIRE', key, DAY)
    call('ZADD', OPEN, num(t), id)
  end
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
  call('HSET', key, 'st', to, 'at', num(t))
  if to == 'flight' then call('ZADD', OPEN, num(t), id) else call('ZREM', OPEN, id) end
  if to == 'acked' then call('HDEL', key, 'rows') end
  if to == 'ambiguous' then call('PEXPIRE', key, 40 * DAY) end
  return 'ok'
end
`

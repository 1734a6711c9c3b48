/** Records: the numbers of an application in one value, which costs a command less than the fields of its hash. */

/** What a record is, for all scripts. */
export const RECORDS: string = `
-- A record is one value with numbers of an application that are newer than those in its hash, so that sync reads and
-- writes those of all its lines at once: an id of the list of names, p, a number for each name. The list is kept beside
-- it: v, names.
local function formatOf(names)
  return '<' .. string.rep('d', 2 + #names)
end

-- Puts the numbers of a record back into the hash, for who reads and writes that alone.
local function close(app)
  local record = call('HGET', RECORDS, app)
  if not record then return end
  local list = call('HGET', LISTS, app)
  -- A server that evicts keys may have dropped it, and nothing can be read without.
  if list then
    local names, set = cmsgpack.unpack(list)[2], {}
    local numbers = { struct.unpack(formatOf(names), record) }
    for i, name in ipairs(names) do set[2 * i - 1], set[2 * i] = name, num(numbers[2 + i]) end
    many('HSET', P .. ':a:' .. app, set)
    call('PEXPIRE', P .. ':a:' .. app, KEEP)
  end
  call('HDEL', RECORDS, app)
  call('HDEL', LISTS, app)
end
`

/** How sync reads and writes the records of its lines. */
export const OPEN_RECORDS: string = `
local records = {}
if #apps > 0 then
  local had = call('HMGET', RECORDS, unpack(apps))
  for i = 1, #apps do records[apps[i]] = had[i] end
end

-- Records and lists to be written, each after its application.
local written, begun = {}, {}
local function write()
  many('HSET', RECORDS, written)
  if #begun > 0 then
    many('HSET', LISTS, begun)
    call('PEXPIRE', RECORDS, KEEP)
    call('PEXPIRE', LISTS, KEEP)
  end
  written, begun = {}, {}
end
local function keep(app, record)
  records[app] = record
  written[#written + 1] = app
  written[#written + 1] = record
end

-- Lists of names by their ids, each read once: the records of a plan mostly have the same.
local lists = {}
local function listOf(id, packed)
  local list = lists[id]
  if not list and packed then
    list = { id = id, index = {}, places = {} }
    list.v, list.names = unpack(cmsgpack.unpack(packed))
    list.format = formatOf(list.names)
    for i, name in ipairs(list.names) do list.index[name] = 2 + i end
    lists[id] = list
  end
  return list
end

-- Where a list has the fields of a shape; false: it lacks one.
local function placesIn(list, shape)
  local places = {}
  for i, field in ipairs(shape.fields) do
    places[i] = list.index[field]
    if not places[i] then return false end
  end
  return places
end

-- What is known of an application: v, its numbers, where these have the fields of the shape, and the list of the record
-- if that has all of them. If not, the places are the names.
local function find(shape, app)
  local record, list, had = records[app], nil, nil
  if record then
    local id = struct.unpack('<d', record)
    list = lists[id] or listOf(id, call('HGET', LISTS, app))
    if not list then
      close(app)
      records[app], record = false, false
    end
  end
  if record then
    had = { struct.unpack(list.format, record) }
    local places = list.places[shape]
    if places == nil then
      places = placesIn(list, shape)
      list.places[shape] = places
    end
    if places then return list.v, had, places, list end
    if #list.names + #shape.fields > NUMBERS then
      write()
      close(app)
      records[app], record = false, false
    end
  end
  local h = call('HMGET', P .. ':a:' .. app, 'v', 'p', unpack(shape.fields))
  local numbers = { [2] = tonumber(h[2] or 0) }
  for i, field in ipairs(shape.fields) do numbers[field] = tonumber(h[2 + i] or nil) end
  if record then
    for i, name in ipairs(list.names) do numbers[name] = had[2 + i] end
  end
  return record and list.v or h[1], numbers, shape.fields
end

-- A record of all numbers that are known. Names are in one order, so that few lists differ.
local function begin(app, v, numbers)
  local names, ordered = {}, {}
  for name in pairs(numbers) do
    if name ~= 2 then names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do ordered[i] = numbers[name] end
  local packed = cmsgpack.pack({ v, names })
  local id = tonumber(string.sub(redis.sha1hex(packed), 1, 13), 16)
  keep(app, struct.pack(listOf(id, packed).format, id, numbers[2], unpack(ordered)))
  begun[#begun + 1] = app
  begun[#begun + 1] = packed
end
`

# Makes texts that look like instants, and what Ruby reads in them, by the steps of the backend (apisonator,
# lib/3scale/backend/extensions/time.rb). Run it with Ruby 3.1, the backend's:
#   ruby timestamps.rb SEED COUNT > timestamps.json
# One line a text: the text, and whole seconds since 1970 or null.
require 'date'
require 'json'

srand((ARGV[0] || 1).to_i)
COUNT = (ARGV[1] || 3000).to_i

def seconds(text)
  begin
    return Time.at(Integer(text)).to_i
  rescue StandardError
    # no number
  end
  parts = Date._parse(text)
  return unless parts.key?(:year) && parts.key?(:mon) && parts.key?(:mday)

  time = Time.utc(*parts.values_at(:year, :mon, :mday, :hour, :min, :sec, :sec_fraction))
  (parts[:offset] ? time - parts[:offset] : time).to_i
rescue StandardError
  nil
end

# All zones that the parser knows: every lower case text in its library is tried.
def zones
  library = Dir["#{RbConfig::CONFIG['rubyarchdir']}/date_core.so"].first
  File.binread(library).split("\0").grep(/\A[a-z][a-z0-9. ]*\z/).uniq.select do |name|
    ["#{name} standard time", name].any? do |zone|
      found = Date._parse("2026-01-15 10:20:30 #{zone}")
      found[:zone] == zone && found[:offset]
    end
  end
end

ZONES = zones.sort

MONTHS = %w[jan feb mar apr may jun jul aug sep oct nov dec January february march sept JAN Juni december Dec. januar]
DAYS = %w[sun mon tue wed thu fri sat Thursday Thu, Mon. satur]
YEARS = %w['26 '2026 '5 '-26 -26 +2026 02026 2026 26 126 0 99 69 68 1 20261]
OFFSETS = %w[Z z EST gmt +0200 -02:00 +5 +5:30 GMT+2 UTC-3:30 utc+0200 UT+3 +1:2:3 +05.5 -3,25 +123 +12345 +123456
             +1234567 -7: GMT- +0 -00:00 foo] + ['xyz time']
BRACKETS = ['[-5 EST]', '[+9:JST]', '[9]', '[-5]', '[5:30]', '[+0530:IST]', '[-3.5:x]', '[9 JST', '[+]', '[]', '[-7:]',
            '[0:UTC:x]', '[1 dst]']
STRANGE = ["'", '-', '+', ',', '.', '/', ':', '@', '[', ']', '&', 'é', '٣', 'x', '0', '9', 'T', 'z', ' ', "\n", "\0"]

def pick(*choices) = choices.sample(random: Random)

def digits(count) = Array.new(count) { rand(10) }.join

def number(limit) = pick(rand(limit).to_s, rand(limit).to_s.rjust(2, '0'), rand(32).to_s, rand(13).to_s)

def year = pick(*YEARS, rand(3000).to_s)

def zone
  name = pick(*ZONES)
  pick(name, name.upcase, name.split.map(&:capitalize).join(' '), *OFFSETS) +
    pick('', '', '', '', ' standard time', ' daylight time', ' dst', ' Standard Time', ' Daylight Time', ' DST')
end

def clock
  text = number(25)
  text += pick(':', ':', ':', 'h', ' : ', 'h ', '') + number(61) if rand < 0.85
  text += pick(':', ':', ' :', 'm', 'm ') + number(62) if rand < 0.6
  text += pick('.', '.', ',') + rand(1000).to_s if rand < 0.15
  text += pick('am', 'pm', ' AM', ' p.m.', 'a.m.', 's', 'h') if rand < 0.15
  text += pick(' ', ' ', '', '  ') + zone if rand < 0.5
  text
end

def named_month
  month = pick(*MONTHS)
  day = number(32)
  pick("#{day}#{pick('', 'st', 'th', '.', ' of')} #{month}#{pick(' ', ', ', '', ' ad ', ' bc ', ' B.C. ', ' ce ')}#{year}",
       "#{month}#{pick(' ', '', '-', '. ')}#{pick('', "'")}#{day}#{pick('', 'th', ',')}#{pick(' ', ', ', ' bce ', '')}#{year}",
       "#{year} #{month} #{day}", "#{year} #{day} #{month}", "#{day}-#{month}-#{year}", "#{month}-#{day}-#{year}")
end

def numbers
  month = number(13)
  day = number(32)
  pick("#{year}-#{month}-#{day}", "#{year}/#{month}/#{day}", "#{month}/#{day}/#{year}", "#{day}/#{month}",
       "#{year}.#{month}.#{day}", "#{pick(*%w[h s H r R m t])}#{number(64)}.#{month}.#{day}")
end

def part_of_a_date
  pick("#{pick('2026', '26', '')}#{pick('-', '')}#{pick('W', 'w')}#{number(53)}#{pick('-', '')}#{rand(8)}",
       "#{pick('2026', '26', '', '-', '--', '---')}#{pick('-', '')}#{pick(number(13), digits(3))}#{pick('', "-#{number(32)}")}",
       pick('', '+', '-') + pick('2026', '26') + pick('01', '0115', '1231', '115', ''))
end

def date = pick(numbers, numbers, named_month, named_month, part_of_a_date, pick('', '-', '+') + digits(rand(2..15)))

def run_of_digits
  text = pick('', '-', '+') + pick(format('2026%02d%02d', rand(13), rand(32)), digits(rand(2..14)))
  text += pick('T', 't', ' ', '', ' T ') + digits(rand(2..6)) if rand < 0.6
  text += pick('.', ',') + pick('', '5', '123') if rand < 0.3
  text += pick('Z', 'z', ' Z', '+09', '-0500', *BRACKETS) if rand < 0.6
  text
end

def integer
  pick('', '+', '-', ' ') + pick('0x', '0b', '0o', '0d', '0', '') +
    Array.new(rand(1..10)) { pick(*%w[0 1 7 9 a f _ _]) }.join + pick('', ' ', "\n", "\0")
end

def broken
  text = "#{date} #{clock}"
  rand(1..3).times do
    at = rand(text.size)
    rand < 0.5 ? text.insert(at, pick(*STRANGE)) : text.slice!(at)
  end
  text
end

def text
  case rand(20)
  when 0..8 then date + pick(' ', 'T', ' ', ', ', ' at ', '') + clock
  when 9, 10 then pick(date, "#{date} #{number(32)}")
  when 11, 12 then "#{clock} #{date}"
  when 13..15 then run_of_digits
  when 16 then pick(*DAYS) + pick(' ', ', ') + "#{date} #{clock}"
  when 17 then integer
  else broken
  end
end

texts = ZONES.map { |name| "2026-01-15 10:20:30 #{name}" }
texts << text while texts.size < 2 * COUNT
texts = texts.uniq.select { |each| each.size <= 128 }.first(COUNT)
puts "[\n#{texts.map { |each| JSON.generate([each, seconds(each)]) }.join(",\n")}\n]"

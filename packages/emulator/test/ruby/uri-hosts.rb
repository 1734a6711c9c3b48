# Makes texts that look like URIs, and the host that Ruby's URI.parse finds: null for none, "invalid" for no URI.
#   ruby uri-hosts.rb SEED COUNT > uri-hosts.json
require 'json'
require 'uri'

srand((ARGV[0] || 1).to_i)
COUNT = (ARGV[1] || 600).to_i

def pick(*choices) = choices.sample(random: Random)

def host
  pick('localhost', 'evil.example', 'LOCALHOST', '127.0.0.1', '[::1]', '[::1%25eth]', '[v1.a]', '[x]', '', 'a_b', 'a b',
       '%41', 'é', 'a%zz', '256.1.1.1', 'a^b', 'a,b', '*', "h'h", 'a|b')
end

def uri
  pick('http://', 'https://', 'HTTP://', '//', 'http:', 'http:/', 'ftp://', 'about:', 'data:', 'file://', 'javascript:',
       'ldap://', 'ws://', '', 'http', '1http://', 'a+b-.c://', '/', '?', '#') +
    pick('', '', '', 'u@', 'u:p@', 'u@v@') + host + pick('', '', '', ':80', ':', ':x', ':99999') +
    pick('', '/', '/x', '/x y', '/x%20y', '/%zz', '/a:b', '/a[b]', '//', '/é', '/;a,b', '/x|y', '/{', '/"') +
    pick('', '', '?a=b', '?a b', '?é', '?[]', '?"', '?%zz', '?%4z', '?a?b') + pick('', '', '#f', '#f#g', '#[', '#%41', '#é')
end

def found(text)
  URI.parse(text).host
rescue URI::InvalidURIError
  'invalid'
end

cases = Array.new(20 * COUNT) { uri }.uniq.map { |text| [text, found(text)] }
invalid, valid = cases.partition { |_, host| host == 'invalid' }
chosen = (valid.first(2 * COUNT / 3) + invalid.first(COUNT / 3)).map { |each| JSON.generate(each) }
puts "[\n#{chosen.join(",\n")}\n]"

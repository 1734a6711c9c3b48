/** The part of Liquid that names the claim with the client id. */
import { describe, expect, it } from 'vitest'
import { parseClaimTemplate } from '../../../src/credentials/oidc/claim-template.ts'

const CLAIMS = {
  azp: 'app-1',
  n: 7,
  half: 0.5,
  list: ['a', 'b'],
  none: [],
  empty: '',
  nothing: null,
  no: false,
  yes: true,
  a: { b: { 'c-d': 'deep', 'e f': 'spaced' } },
  'x.y': 'dotted',
}

const rendered = (template: string) => parseClaimTemplate(template)?.(CLAIMS)

describe('a template', () => {
  it.each([
    ['{{ azp }}', 'app-1'],
    ['{{azp}}', 'app-1'],
    ['{{- azp -}}', 'app-1'],
    ['tenant-{{ azp }}', 'tenant-app-1'],
    ['{{ azp }}:{{ n }}', 'app-1:7'],
    ["{{ a.b.c-d }}{{ a['b']['c-d'] }}", 'deepdeep'],
    ['{{ a["b"]["e f"] }}', 'spaced'],
    ['{{ list | first }}', 'a'],
    ['{{ list | last }}', 'b'],
    ['{{ none | first }}', ''],
    ['{{ azp | first }}', ''],
    ["{{ empty | default: 'x' }}", 'x'],
    ['{{ nothing | default: azp }}', 'app-1'],
    ['{{ no | default: "y" }}', 'y'],
    ['{{ none | default: "z" }}', 'z'],
    ["{{ list | first | default: 'x' }}", 'a'],
    ["{{ gone | first | default: 'x' }}", 'x'],
    ['{{ gone }}', ''],
    ['{{ nothing }}', ''],
    ['{{ azp.length }}', ''],
    ['{{ list.length }}', ''],
    ['{{ constructor }}{{ a.__proto__ }}', ''],
    ['only text', 'only text'],
    ['', ''],
  ])('%s renders as text', (template, text) => {
    expect(rendered(template)).toBe(text)
  })

  it.each(['{{ list }}', '{{ a }}', '{{ yes }}', '{{ half }}'])('%s names no text', (template) => {
    expect(parseClaimTemplate(template)).toBeTypeOf('function')
    expect(rendered(template)).toBeUndefined()
  })

  it.each([
    '{{ azp | upcase }}',
    '{{ azp | default }}',
    "{{ 'text' }}",
    '{{ 7 }}',
    '{{ }}',
    '{{ azp',
    'azp }}',
    '{{ azp }} }}',
    '{% if azp %}x{% endif %}',
    '{{ azp{{ n }} }}',
    '{{ list[0] }}',
    '{{ a..b }}',
    '{{ a b }}',
    '{{ azp | default: }}',
    '{{ azp | first, last }}',
  ])('%s is not known', (template) => {
    expect(parseClaimTemplate(template)).toBeUndefined()
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rejection } from '../../../../../test/support/rejection.ts'
import { type Line, scripted } from '../../../../../test/support/scripted-client.ts'
import { MAX_BODY_BYTES } from '../../../src/client/transport/transport.ts'
import { BackendError, ProtocolError, type Verdict } from '../../../src/index.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized>'
const DENIED = '<?xml version="1.0" encoding="UTF-8"?><status><authorized>false</authorized>'
const report = (metric: string, max = 5): string =>
  `<usage_report metric="${metric}" period="day"><period_start>2026-01-15 00:00:00 +0000</period_start><period_end>2026-01-16 00:00:00 +0000</period_end><max_value>${max}</max_value><current_value>2</current_value></usage_report>`
const reports = (...inner: string[]): string => `<usage_reports>${inner.join('')}</usage_reports>`

const HTML = { 'content-type': 'text/html' }

async function verdictOf(line: Line, appKey = 'k'): Promise<Verdict> {
  return await scripted([line], { retry: false }).client.authorize({ appId: 'a', appKey })
}

describe('an answer that authorizes', () => {
  test('has plan, application, reports, hierarchy, keys and limit', async () => {
    const body =
      `${HEAD}<application><id>app1</id><key>k1</key><redirect_url>http://x/?a=1&amp;b=2</redirect_url></application>` +
      `<plan>Pro &amp; &lt;Co&gt;</plan>${reports(report('hits'), report('m', 0))}` +
      '<app_keys app="app1" svc="1001"><key id="k1"/><key id="k2"/></app_keys>' +
      '<hierarchy><metric name="hits" children="m n"/><metric name="m" children=""/></hierarchy></status>'
    const headers = { '3scale-limit-remaining': '3', '3scale-limit-reset': '40', '3scale-limit-max-value': '5' }
    const verdict = await verdictOf({ body, headers })
    expect(verdict).toMatchObject({ authorized: true, status: 200, readable: true, plan: 'Pro & <Co>' })
    expect(verdict.application).toMatchObject({ id: 'app1', key: 'k1', redirectUrl: 'http://x/?a=1&b=2' })
    expect(verdict.usageReports).toEqual([
      {
        metric: 'hits',
        period: 'day',
        start: new Date('2026-01-15T00:00:00Z'),
        end: new Date('2026-01-16T00:00:00Z'),
        max: 5,
        current: 2,
        exceeded: false,
      },
      expect.objectContaining({ metric: 'm', max: 0 }),
    ])
    expect(verdict.hierarchy).toEqual(
      new Map([
        ['hits', ['m', 'n']],
        ['m', []],
      ]),
    )
    expect(verdict.appKeys).toEqual(['k1', 'k2'])
    expect(verdict.limit).toEqual({ remaining: 3, resetSeconds: 40, max: 5 })
  })

  test('authorizes without any details, which are then absent or empty', async () => {
    const verdict = await verdictOf({ body: `${HEAD}<plan></plan></status>` })
    expect(verdict).toMatchObject({ authorized: true, readable: true, plan: '', usageReports: [] })
    expect(verdict.hierarchy).toBeUndefined()
    expect(verdict.appKeys).toBeUndefined()
    expect(verdict.limit).toBeUndefined()
    expect(verdict.application).toMatchObject({ id: undefined, key: undefined, redirectUrl: undefined })
  })

  test('with one report, one key and one metric has lists of one member', async () => {
    const body = `${HEAD}<plan>P</plan>${reports(report('hits'))}<app_keys app="a" svc="1"><key id="0012"/></app_keys><hierarchy><metric name="hits" children=""/></hierarchy></status>`
    const verdict = await verdictOf({ body })
    expect(verdict.usageReports).toHaveLength(1)
    expect(verdict.appKeys).toEqual(['0012'])
    expect(verdict.hierarchy?.size).toBe(1)
  })

  test('may be pretty-printed, with self-closing and single-quoted parts', async () => {
    const body = `\ufeff<?xml version='1.0'?>\n<status>\n  <authorized>true</authorized>\n  <plan/>\n  <usage_reports>\n    <usage_report metric='hits' period='eternity'>\n      <max_value>9</max_value>\n      <current_value>1</current_value>\n    </usage_report>\n  </usage_reports>\n</status>\n`
    const verdict = await verdictOf({ body })
    expect(verdict).toMatchObject({ authorized: true, readable: true, plan: '' })
    expect(verdict.usageReports).toEqual([
      { metric: 'hits', period: 'eternity', start: undefined, end: undefined, max: 9, current: 1, exceeded: false },
    ])
  })

  test('decodes once, and gives the same objects again', async () => {
    const verdict = await verdictOf({ body: `${HEAD}<plan>P</plan>${reports(report('hits'))}</status>` })
    expect(verdict.usageReports).toBe(verdict.usageReports)
    expect(verdict.application).toBe(verdict.application)
  })

  test('with unescaped names is read by 3scale’s own form, as long as they hold no markup', async () => {
    const body = `${HEAD}<plan>P</plan>${reports(report("m & 'q'"))}<app_keys app="a & b;" svc="1"><key id="a'&;"/><key id="b"/></app_keys><hierarchy><metric name="m & 'q'" children="x'y &z;"/></hierarchy></status>`
    const verdict = await verdictOf({ body })
    expect(verdict.readable).toBe(true)
    expect(verdict.usageReports[0]?.metric).toBe("m & 'q'")
    expect(verdict.application.id).toBe('a & b;')
    expect(verdict.appKeys).toEqual(["a'&;", 'b'])
    expect(verdict.hierarchy).toEqual(new Map([["m & 'q'", ["x'y", '&z;']]]))
  })

  const keysOf = (...keys: string[]) =>
    `<app_keys app="evil" svc="1">${keys.map((key) => `<key id="${key}"/>`).join('')}</app_keys>`
  const asked = (children: string) => `<hierarchy><metric name="hits" children="${children}"/></hierarchy></status>`
  const before = `${HEAD}<plan>P</plan>${reports(report('hits'))}`
  test.each([
    ['names another application', keysOf('K"/></app_keys><app_keys app="victim" svc="1"><key id="Z')],
    ['ends the document', keysOf('K"/></app_keys></status>')],
    ['writes an application in between', keysOf('K"/></app_keys><application><id>v</id></application><key id="Z')],
    ['hides the rest in a comment', keysOf('K"/></app_keys><!--')],
    ['hides the rest in an attribute', keysOf(`K"/><key x='`, `'/><key id="Z`)],
    ['has bytes that were not UTF-8', keysOf('\ufffd')],
  ])('law 6: with a key that %s tells only what stands before the keys', async (_what, keys) => {
    for (const body of [`${before}${keys}${asked('m')}`, `${before}${keys}</status>`]) {
      const verdict = await verdictOf({ body })
      expect(verdict).toMatchObject({ authorized: true, readable: false, plan: 'P' })
      expect(verdict.usageReports.map(({ metric, max }) => [metric, max])).toEqual([['hits', 5]])
      expect([undefined, 'evil']).toContain(verdict.application.id)
      expect([verdict.appKeys, verdict.hierarchy]).toEqual([undefined, undefined])
    }
  })

  test('law 6: with a key that appends a list of children believes no usage reports either', async () => {
    const body = `${before}${keysOf('K"/></app_keys><hierarchy><metric name="z" children="')}${asked('m')}`
    expect(await verdictOf({ body })).toMatchObject({
      readable: false,
      plan: 'P',
      usageReports: [],
      hierarchy: undefined,
    })
  })

  test('law 6: believes no section that a key repeats, because the key may have written the first one', async () => {
    const forged = `K</key><redirect_url></redirect_url></application><plan>Gold</plan>${reports(report('hits', 99))}`
    const application = `<application><id>evil</id><key>${forged}</key><redirect_url></redirect_url></application>`
    const body = `${HEAD}${application}<plan>P</plan>${reports(report('hits'))}</status>`
    expect(await verdictOf({ body })).toMatchObject({ readable: false, plan: undefined, usageReports: [] })
  })

  test.each(['hits  m', ' m', 'm ', 'm a b', 'a b'])(
    'leaves out the list of children %j, which can be read in two ways',
    async (list) => {
      const body = `${HEAD}<plan>P</plan>${reports(report('hits'), report('a b'))}<hierarchy><metric name="hits" children="${list}"/><metric name="a b" children="x y"/></hierarchy></status>`
      const verdict = await verdictOf({ body })
      expect(verdict.readable).toBe(true)
      expect(verdict.hierarchy).toEqual(new Map([['a b', ['x', 'y']]]))
    },
  )

  test.each(['a&amp;b', '&#65;', '&quot;', 'a\r\nb', 'a\nb', 'a\tb', ' padded ', '0', '1e3', 'k&lt;'])(
    'law 6: the listed key %j is read byte by byte, so that it vouches for no other',
    async (key) => {
      const listed = `<app_keys app="${key}" svc="1"><key id="${key}"/></app_keys>`
      const verdict = await verdictOf({ body: `${HEAD}<plan>P</plan>${listed}</status>` })
      expect(verdict.appKeys).toEqual([key])
      expect(verdict.application.id).toBe(key)
    },
  )

  test('authorizes although it cannot be read, and says that its details are not readable', async () => {
    const verdict = await verdictOf({ body: `${HEAD}<plan>P<plan>${reports(report('hits'))}</status>` })
    expect(verdict).toMatchObject({ authorized: true, readable: false, plan: undefined, usageReports: [] })
  })

  test('is not readable as XML if a section stands twice, even in a comment', async () => {
    const yes = '<?xml version="1.0"?><status><authorized>true</authorized>'
    for (const second of ['<plan>Gold</plan>', '<!-- <plan> -->', '<x><plan/></x>']) {
      expect(await verdictOf({ body: `${yes}<plan>P</plan>${second}</status>` })).toMatchObject({ readable: false })
    }
    expect(await verdictOf({ body: `${yes}<plan>P</plan></status>` })).toMatchObject({ readable: true, plan: 'P' })
  })

  test.each([
    ['a period that is none', report('hits').replace('"day"', '"decade"')],
    ['a limit that is no number', report('hits').replace('<max_value>5', '<max_value>5.5')],
    ['a date that is none', report('hits').replace('2026-01-15 00', '2026-01-15T00')],
    ['a window that is missing', report('hits').replace(/<period_start>.*<\/period_end>/, '')],
  ])('with %s in a report is not readable, so that no limit is overlooked', async (_name, inner) => {
    expect(await verdictOf({ body: `${HEAD}<plan>P</plan>${reports(report('m'), inner)}</status>` })).toMatchObject({
      authorized: true,
      readable: false,
      usageReports: [],
    })
  })

  test('law 2: authorizes although a report says exceeded', async () => {
    const body = `${HEAD}<plan>P</plan>${reports(report('hits').replace('"day"', '"day" exceeded="true"'))}</status>`
    const verdict = await verdictOf({ body })
    expect(verdict.authorized).toBe(true)
    expect(verdict.usageReports[0]?.exceeded).toBe(true)
  })

  test('may lack a body only if the call asked for none', async () => {
    const { client } = scripted([{ body: '', headers: { '3scale-limit-remaining': '-1', '3scale-limit-reset': '-1' } }])
    const verdict = await client.authrep({ userKey: 'k' }, { extensions: { noBody: true } })
    expect(verdict).toMatchObject({ authorized: true, readable: false, limit: { remaining: -1, resetSeconds: -1 } })
    expect(verdict.limit?.max).toBeUndefined()
  })
})

describe('law 4: a 200 that is not a 3scale answer is not a yes', () => {
  const whole = `${HEAD}<plan>P</plan></status>`
  test.each<[string, Line]>([
    ['empty', { body: '' }],
    ['blank', { body: ' \n' }],
    ['text', { body: 'ok' }],
    [
      'HTML',
      { body: '<html><body><authorized>true</authorized></body></html>', headers: { 'content-type': 'text/html' } },
    ],
    ['a status document of another type', { body: whole, headers: { 'content-type': 'text/html; charset=utf-8' } }],
    ['a status document of no type', { body: whole, headers: { 'content-type': undefined } }],
    ['a no under a 200', { body: `${DENIED}<reason>x</reason><plan>P</plan></status>` }],
    ['neither yes nor no', { body: HEAD.replace('true', 'maybe').concat('</status>') }],
    ['a yes inside something else', { body: `<x>${whole}</x>` }],
    ['a yes after something else', { body: `<!-- ${whole} -->` }],
    ['a document type before it', { body: whole.replace('<status>', '<!DOCTYPE status><status>') }],
    ['an error document', { body: '<error code="user_key_invalid">x</error>' }],
    ['invalid UTF-8', { body: Buffer.from(whole.replace('P', '\xff'), 'latin1') }],
    ['compressed', { body: whole, headers: { 'content-encoding': 'br' } }],
    ['too long', { body: whole.replace('P', 'x'.repeat(MAX_BODY_BYTES)) }],
    ['a 202', { body: whole, status: 202 }],
    ['a 204', { body: '', status: 204 }],
    ['a 206', { body: whole, status: 206 }],
    ['a 301', { body: whole, status: 301 }],
    ['a 304', { body: '', status: 304 }],
  ])('%s', async (_name, line) => {
    expect(await rejection(verdictOf(line))).toBeInstanceOf(ProtocolError)
  })

  test('a document that is cut off anywhere', async () => {
    for (let length = 0; length < whole.length; length++) {
      expect(await rejection(verdictOf({ body: whole.slice(0, length) }))).toBeInstanceOf(ProtocolError)
    }
    expect((await verdictOf({ body: whole })).authorized).toBe(true)
  })

  test('the error describes the answer without quoting it', async () => {
    const body = '<html>GET /transactions/authrep.xml?service_token=stoken&amp;user_key=k</html>'
    const error = await rejection(verdictOf({ body, headers: { 'content-type': 'text/html; stoken' } }))
    expect(String(error)).toBe(
      `ProtocolError: status 200 from the backend is not an answer of 3scale: text/html, ${body.length} bytes`,
    )
  })
})

describe('failures of the backend', () => {
  test.each([429, 500, 502, 503, 504, 599])('law 1: %i is a BackendError', async (status) => {
    const error = await rejection(verdictOf({ status, body: `${HEAD}</status>` }))
    expect(error).toBeInstanceOf(BackendError)
    expect(error).toMatchObject({ code: 'ERR_THREESCALE_BACKEND', status, retryable: true, retryAfterMs: undefined })
  })

  test('Retry-After is read as seconds or as a date, and ignored if it is neither', async () => {
    const after = async (value: string): Promise<unknown> => {
      const error = await rejection(verdictOf({ status: 503, headers: { 'retry-after': value } }))
      return (error as BackendError).retryAfterMs
    }
    expect(await after('120')).toBe(120_000)
    expect(await after(new Date(0).toUTCString())).toBe(0)
    const soon = await after(new Date(Date.now() + 60_000).toUTCString())
    expect(soon).toBeGreaterThan(50_000)
    expect(soon).toBeLessThanOrEqual(60_000)
    for (const bad of ['', '-1', '1.5', 'soon', '2026-01-15']) expect(await after(bad)).toBeUndefined()
  })
})

describe('a denial', () => {
  test('law 2: denies whatever the reports say, with code and reason', async () => {
    const body = `${DENIED}<reason>usage limits are exceeded</reason><plan>P</plan>${reports(report('hits'))}</status>`
    const verdict = await verdictOf({ status: 409, body, headers: { '3scale-rejection-reason': 'limits_exceeded' } })
    expect(verdict).toMatchObject({
      authorized: false,
      status: 409,
      code: 'limits_exceeded',
      reason: 'usage limits are exceeded',
      plan: 'P',
      readable: true,
    })
    expect(verdict.usageReports).toHaveLength(1)
  })

  test('takes its code from the sentence if no header has one', async () => {
    const body = `${DENIED}<reason>application is not active</reason><plan>P</plan></status>`
    expect(await verdictOf({ status: 409, body })).toMatchObject({ code: 'application_not_active' })
  })

  test('takes its code from the error document, whose message is unescaped', async () => {
    const body =
      '<?xml version="1.0" encoding="UTF-8"?><error code="user_key_invalid">user key "&lt;a&gt; &amp;lt;" is invalid</error>'
    expect(await verdictOf({ status: 403, body })).toMatchObject({
      code: 'user_key_invalid',
      reason: 'user key "<a> &lt;" is invalid',
      readable: false,
    })
  })

  test.each([
    '<y>&"\'',
    '</reason>',
    '"</reason><plan>Gold</plan></status>',
    ']]>',
    '<!DOCTYPE x [<!ENTITY a "b">]>&a;',
    '\u0000\u0001\u001b',
    '\ufffd',
    '__proto__',
  ])('law 3: the key %j in a reason breaks nothing', async (key) => {
    const reason = `application key "${key}" is invalid`
    const body = `${DENIED}<reason>${reason}</reason><plan>P</plan>${reports(report('hits'))}</status>`
    const headers = { '3scale-rejection-reason': 'application_key_invalid' }
    const verdict = await verdictOf({ status: 409, body, headers }, key)
    expect(verdict).toMatchObject({
      authorized: false,
      code: 'application_key_invalid',
      reason,
      plan: 'P',
      readable: true,
    })
    expect(verdict.usageReports).toHaveLength(1)
  })

  test('a caller cannot write invented limits into the answer', async () => {
    const forged = `</reason><plan>Gold</plan>${reports(report('hits', 1_000_000))}<app_keys app="a" svc="1"><key id="mine"/></app_keys></status>`
    const body = `${DENIED}<reason>application key "${forged}" is invalid</reason><plan>P</plan>${reports(report('hits', 5))}</status>`
    const verdict = await verdictOf({ status: 409, body }, forged)
    expect(verdict.plan).toBe('P')
    expect(verdict.usageReports.map(({ max }) => max)).toEqual([5])
    expect(verdict.appKeys).toBeUndefined()
  })

  test('law 5: a listed key that ends the reason shows no other key in it, and adds no limit', async () => {
    const listed = `k"/></app_keys></reason><plan>Gold</plan>${reports(report('hits', 99))}<app_keys app="v" svc="1"><key id="`
    const rest = `<plan>P</plan>${reports(report('hits', 5))}<app_keys app="a" svc="1"><key id="other"/><key id="${listed}"/></app_keys></status>`
    for (const reason of [
      'application key "bad" is invalid',
      'application key is missing',
      'application is not active',
    ]) {
      const verdict = await verdictOf({ status: 409, body: `${DENIED}<reason>${reason}</reason>${rest}` }, 'bad')
      expect(verdict).toMatchObject({ reason, readable: false, plan: undefined })
      expect(JSON.stringify(verdict)).not.toContain('99')
    }
  })

  test.each<[string, Line, string]>([
    [
      'a firewall’s page',
      { status: 403, body: '<html>blocked</html>', headers: { 'content-type': 'text/html' } },
      'forbidden',
    ],
    ['puma’s empty 400', { status: 400, headers: { 'content-type': undefined } }, 'bad_request'],
    ['a 401 of a proxy', { status: 401, body: 'who?', headers: { 'content-type': 'text/plain' } }, 'unauthorized'],
    ['the empty 403 for a usage that is no hash', { status: 403 }, 'usage_invalid'],
    ['the empty 404 of an unknown path', { status: 404 }, 'endpoint_not_found'],
    ['a foreign 404', { status: 404, body: 'x', headers: { 'content-type': 'text/html' } }, 'not_found'],
    ['a 414', { status: 414, headers: { 'content-type': 'text/html' } }, 'request_too_large'],
    ['a 422 without a document', { status: 422 }, 'not_valid_data'],
    ['a 409 without a document', { status: 409 }, 'denied'],
    ['a 418', { status: 418 }, 'refused'],
    ['invalid UTF-8 under a 400', { status: 400, body: Buffer.from([0xff, 0xfe]) }, 'bad_request'],
    ['a broken error document', { status: 403, body: '<error code="user_key_invalid">cut' }, 'forbidden'],
    ['a code that is none', { status: 409, headers: { '3scale-rejection-reason': '<script>' } }, 'denied'],
    ['an empty code', { status: 403, body: '<error code="">x</error>' }, 'forbidden'],
    ['a compressed body', { status: 403, body: '?', headers: { 'content-encoding': 'gzip' } }, 'forbidden'],
    ['an endless body', { status: 403, body: 'x'.repeat(MAX_BODY_BYTES + 1) }, 'forbidden'],
  ])('law 3: %s is a denial with its own code', async (_name, line, code) => {
    const verdict = await verdictOf(line)
    expect(verdict).toMatchObject({ authorized: false, status: line instanceof Error ? 0 : line.status, code })
    expect((verdict as { reason: string }).reason).not.toBe('')
    expect((verdict as { foreign?: string }).foreign).toMatch(/^(text|application)\/|^no content type$/)
  })

  test.each<[string, Line, boolean]>([
    ['an error document', { status: 404, body: '<error code="application_not_found">x</error>' }, false],
    ['a status document', { status: 409, body: `${DENIED}<reason>x</reason><plan>P</plan></status>` }, false],
    ['a rejection header alone', { status: 409, headers: { '3scale-rejection-reason': 'limits_exceeded' } }, false],
    ['an error document of another type', { status: 404, body: '<error code="x">x</error>', headers: HTML }, true],
    ['an error document without a code', { status: 404, body: '<error>x</error>' }, true],
    ['a status document that authorizes', { status: 404, body: `${HEAD}<plan>P</plan></status>` }, true],
    [
      'a status document of another type',
      { status: 409, body: `${DENIED}<reason>x</reason></status>`, headers: HTML },
      true,
    ],
    ['no body', { status: 404 }, true],
  ])('law 3: says whether it is 3scale’s: %s', async (_name, line, foreign) => {
    const verdict = await verdictOf(line)
    expect((verdict as { foreign?: string }).foreign !== undefined).toBe(foreign)
    expect(JSON.parse(JSON.stringify(verdict)).foreign !== undefined).toBe(foreign)
  })

  test('an empty 403 or 404 means nothing if the call asked for no body', async () => {
    for (const [status, code] of [
      [403, 'forbidden'],
      [404, 'not_found'],
    ] as const) {
      const { client } = scripted([{ status }])
      const verdict = await client.authrep({ userKey: 'k' }, { extensions: { noBody: true } })
      expect(verdict).toMatchObject({ authorized: false, code, foreign: undefined })
    }
  })
})

describe('hostile documents', () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "${'x'.repeat(100)}"><!ENTITY b "${'&a;'.repeat(50)}">]>`
  test.each([
    ['an entity bomb', `${HEAD}${bomb}<plan>&b;</plan></status>`],
    ['a tag called __proto__', `${HEAD}<plan>P</plan><__proto__><polluted>1</polluted></__proto__></status>`],
    ['a tag called constructor', `${HEAD}<plan>P</plan><constructor><prototype/></constructor></status>`],
    ['a thousand levels', `${HEAD}<plan>P</plan>${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}</status>`],
    ['a processing instruction', `${HEAD}<?php echo 1 ?><plan>P</plan></status>`],
    ['CDATA', `${HEAD}<plan><![CDATA[P]]></plan></status>`],
  ])('%s does no harm', async (_name, body) => {
    const verdict = await verdictOf({ body })
    expect(verdict.authorized).toBe(true)
    for (const read of ['plan', 'usageReports', 'appKeys', 'hierarchy', 'application', 'readable'] as const)
      verdict[read]
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect((verdict.plan ?? '').length).toBeLessThan(10)
  })

  test('metrics may have the names of object members', async () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
    const verdict = await verdictOf({
      body: `${HEAD}<plan>P</plan>${reports(...names.map((name) => report(name)))}</status>`,
    })
    expect(verdict.usageReports.map(({ metric }) => metric)).toEqual(names)
  })

  test('nothing throws when details are read, whatever stands between beginning and end', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '<plan>',
        '</plan>',
        '<usage_reports>',
        '</usage_reports>',
        '<key id="',
        '"/>',
        '<app_keys app="',
      ),
      fc.constantFrom(
        report('hits'),
        report('<'),
        '<hierarchy>',
        '</hierarchy>',
        '<metric name="',
        '" children="',
        '&',
        '<!',
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const verdict = await verdictOf({ body: `${HEAD}${pieces.join('')}</status>` })
        expect(verdict.authorized).toBe(true)
        expect(JSON.stringify(verdict)).toContain('"authorized":true')
        if (!verdict.readable) expect([verdict.hierarchy, verdict.appKeys]).toEqual([undefined, undefined])
      }),
    )
  })

  test('a long hostile document is read in bounded time', async () => {
    const body = `${HEAD}<plan>P</plan><hierarchy>${'<metric name="a" children="'.repeat(8000)}</hierarchy></status>`
    const verdict = await verdictOf({ body })
    expect(verdict.readable).toBe(false)
  })
})

test('both readers read the same from a well-formed document in 3scale’s form', async () => {
  const { loadXmlParser, readXml } = await import('../../../src/client/answer/xml-document.ts')
  await loadXmlParser()
  const { readFixedForm } = await import('../../../src/client/answer/fixed-form.ts')
  const name = fc.string({ unit: fc.constantFrom(...'abz019_-./\u00fc\u20ac'), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(name, fc.array(name), fc.array(name), fc.boolean(), (plan, metrics, keys, oauth) => {
      const application = `<application><id>a</id><key>${plan}</key><redirect_url></redirect_url></application>`
      const body = `${HEAD}${oauth ? application : ''}<plan>${plan}</plan>${reports(...metrics.map((metric) => report(metric)))}<app_keys app="a" svc="1">${keys.map((key) => `<key id="${key}"/>`).join('')}</app_keys><hierarchy>${metrics.map((metric) => `<metric name="${metric}" children="${keys.join(' ')}"/>`).join('')}</hierarchy></status>`
      expect(readXml(body)).toEqual(readFixedForm(body))
      expect(readFixedForm(body).readable).toBe(true)
    }),
  )
})

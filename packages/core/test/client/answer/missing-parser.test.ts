import { afterAll, expect, test, vi } from 'vitest'

vi.mock('fast-xml-parser', () => {
  throw new Error('not installed')
})
// Test files share modules: another one may have loaded the parser, or need it later.
vi.resetModules()
afterAll(() => {
  vi.doUnmock('fast-xml-parser')
  vi.resetModules()
})
const { scripted } = await import('../../../../../test/support/scripted-client.ts')

test.each([
  [200, 'true', true],
  [409, 'false', false],
])(
  'law 2: status %i of another server holds, though the XML parser cannot be loaded',
  async (status, text, authorized) => {
    const body = `<status>\n<authorized>${text}</authorized>\n<reason>limits are exceeded</reason><plan>Basic</plan>\n</status>`
    const { client } = scripted([{ status, body }], { retry: false })
    const verdict = await client.authorize({ userKey: 'k' })
    expect(verdict).toMatchObject({ authorized, status, readable: false, plan: undefined })
  },
)

import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pageFile } from '../../src/dashboard/page-file.ts'
import { createEmulator } from '../../src/index.ts'

const folder = new URL('../../src/dashboard/page/', import.meta.url)
const files = readdirSync(folder)
const emulator = createEmulator()
const ask = (target: string, host = 'localhost', method = 'GET') =>
  emulator.handle({ method, target, headers: { host } })

test('the dashboard is served at /emulator/, with every file of it', () => {
  expect(ask('/emulator')).toMatchObject({ status: 308, headers: { location: '/emulator/' } })
  const page = ask('/emulator/')
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.body).toBe(readFileSync(new URL('index.html', folder), 'utf8'))
  for (const file of files)
    expect(ask(`/emulator/${file}`).body, file).toBe(readFileSync(new URL(file, folder), 'utf8'))
})

test('its policy lets nothing run or load that is not its own', () => {
  for (const file of ['', ...files]) {
    const policy = ask(`/emulator/${file}`).headers['content-security-policy']
    expect(policy, file).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; /)
    expect(policy, file).not.toMatch(/unsafe|\*|https?:/)
  }
})

test('no file names a resource of another site, and none makes markup of a text', () => {
  for (const file of files) {
    const text = readFileSync(new URL(file, folder), 'utf8').replaceAll('http://www.w3.org/2000/svg', '')
    expect(text, file).not.toMatch(
      /(?:src|href)="(?:https?:)?\/\/|from 'https?:|@import|url\(|innerHTML|insertAdjacentHTML/,
    )
  }
})

test('another Host gets no page, as it gets no control API', () => {
  for (const target of ['/emulator', '/emulator/', '/emulator/main.js']) {
    expect(ask(target, 'evil.example').status, target).toBe(403)
  }
})

test('no path leads out of its folder', () => {
  const paths = ['../page-file.ts', '..%2fpage-file.ts', '%2e%2e/page-file.ts', 'page/main.js', 'main', '.html', 'a.ts']
  for (const path of paths) expect(ask(`/emulator/${path}`).status, path).toBe(404)
  // What normalises a target comes before; the names of files would hold without it.
  for (const path of ['x/../main.js', 'x/../../page/main.js'])
    expect(pageFile(`/emulator/${path}`), path).toBeUndefined()
  expect(ask('/emulator/', 'localhost', 'PUT').status).toBe(415)
  expect(ask('/emulator/', 'localhost', 'DELETE').status).toBe(404)
})

import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { NodeRequestView } from '../../src/adapter/node-request-view.ts'

class View extends NodeRequestView<undefined> {
  get url(): string {
    return this.raw.url!
  }

  get host(): undefined {
    return undefined
  }

  get path(): string {
    return this.url
  }

  get ignoresCase(): boolean {
    return false
  }

  get ignoresTrailingSlash(): boolean {
    return false
  }

  protected get body(): undefined {
    return undefined
  }

  protected get query(): undefined {
    return undefined
  }

  setUrl(url: string): void {
    this.raw.url = url
    this.replaceRawPath()
  }
}

it.each([
  [
    [':path', '/a?user_key=k', ':method', 'GET'],
    [':path', '/a', ':method', 'GET'],
  ],
  [
    [':method', 'GET', ':path', '/a?user_key=k'],
    [':method', 'GET', ':path', '/a'],
  ],
  [
    ['x-name', ':path', 'x-other', 'kept'],
    ['x-name', ':path', 'x-other', 'kept'],
  ],
])('the target among the raw fields of HTTP/2 changes with the URL: %j', (rawHeaders, after) => {
  const raw = { url: '/a?user_key=k', rawHeaders: [...rawHeaders] } as IncomingMessage
  new View(raw, undefined).setUrl('/a')
  expect(raw.rawHeaders).toEqual(after)
})

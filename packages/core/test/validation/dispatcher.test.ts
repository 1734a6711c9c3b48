import { Agent, EnvHttpProxyAgent, MockAgent, Pool, ProxyAgent, RetryAgent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { checkDispatcher } from '../../src/validation/dispatcher.ts'

function problemsOf(dispatcher: unknown): string[] {
  const problems: string[] = []
  const checked = checkDispatcher(dispatcher, 'dispatcher', problems)
  expect(checked).toBe(problems.length > 0 ? undefined : dispatcher)
  return problems
}

/** What the base of the dispatchers looks like in undici 5 and 6. */
class OldBase {
  get [Symbol('Intercepted Dispatch')](): undefined {
    return undefined
  }
  dispatch(): boolean {
    return true
  }
}
class OldAgent extends OldBase {}
class ComposedDispatcher {
  dispatch(): boolean {
    return true
  }
}

test('a dispatcher of undici 6 or earlier is refused, and told which versions work', () => {
  for (const old of [new OldBase(), new OldAgent(), new ComposedDispatcher()]) {
    expect(problemsOf(old)).toEqual([
      'dispatcher is of undici 6 or earlier, whose dispatchers do not work here; use undici 7 or 8',
    ])
  }
})

test('what has no dispatch is refused', () => {
  expect(problemsOf({})).toEqual(['dispatcher must be an undici dispatcher (undici 7 or 8); it has no dispatch'])
  expect(problemsOf(Agent)).toEqual(['dispatcher must be an undici dispatcher (undici 7 or 8); not a function'])
  expect(problemsOf('SECRET')).toEqual(['dispatcher must be an undici dispatcher (undici 7 or 8); not a string'])
})

test('every dispatcher of the present undici is accepted', () => {
  const agent = new Agent()
  const pool = new Pool('http://127.0.0.1:1')
  const proxy = new ProxyAgent('http://127.0.0.1:1')
  const environment = new EnvHttpProxyAgent({ httpProxy: 'http://127.0.0.1:1' })
  const mock = new MockAgent()
  onTestFinished(() => Promise.all([agent, pool, proxy, environment, mock].map((one) => one.close())) as Promise<never>)
  const composed = agent.compose((dispatch) => (options, handler) => dispatch(options, handler))
  const plain = { dispatch: () => true }
  for (const one of [agent, pool, proxy, environment, mock, composed, new RetryAgent(agent), plain]) {
    expect(problemsOf(one)).toEqual([])
  }
})

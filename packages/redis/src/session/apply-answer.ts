/** Tells the store an answer of 3scale about an application. */
import type { StoredAnswer } from '@threescale/core'
import type { SessionParts } from './parts.ts'
import type { SharedApplication } from './shared-application.ts'

const ATTEMPTS = 4

/**
 * Tells it. Resolves when the store goes by it, or does not answer: a request may wait for it, `waitMs` at most, and not
 * at all while the store is known not to answer.
 *
 * @param done called when the store goes by it, or is not told any more.
 */
export async function applyAnswer(
  parts: SessionParts,
  application: SharedApplication,
  answer: StoredAnswer,
  done: () => void,
): Promise<void> {
  const { link, lines, clock, settings } = parts
  if (link.isDown) return
  const told = tell(parts, application, answer).then(() => {
    lines.hurry(application)
    done()
  })
  if (link.failingSince !== undefined) return
  await new Promise<void>((resolve) => {
    const timer = clock.schedule(resolve, settings.waitMs)
    void told.then(() => {
      timer.cancel()
      resolve()
    })
  })
}

async function tell(
  { layouts, link }: SessionParts,
  application: SharedApplication,
  { asked, layout, windows }: StoredAnswer,
): Promise<void> {
  let base = application.layout?.name ?? ''
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const made = layouts.add(layout())
    const args = [application.id, String(Math.floor(asked)), made.name, made.text, base, String(made.limits.length)]
    made.limits.forEach(({ name, covers }, i) => {
      const { start, end, current } = windows[i]!
      args.push(name, String(start), String(end), String(current), String(covers.length), ...covers)
    })
    const answer = await link.repeat('apply', args, (value) => value, ATTEMPTS)
    if (answer === 'ok') {
      application.layOut(made)
      application.provedAt = Math.max(application.provedAt, Math.floor(asked))
    }
    if (!Array.isArray(answer)) break
    // The layout that is there may know more of the metrics. Once it is read, this one is made anew.
    base = String(answer[1])
    if (layouts.get(base) === undefined) await layouts.load(base)
    application.layOut(layouts.get(base))
  }
}

/** Warnings of the process, for operators who gave no logger. */
import { errorPage } from './error-page.ts'

/** Emits a `ThreeScaleWarning`; Node prints the address of its explanation below the sentence. */
export function processWarning(code: string, message: string): void {
  process.emitWarning(message, { type: 'ThreeScaleWarning', code, detail: `See ${errorPage(code)}` })
}

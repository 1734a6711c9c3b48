/** Answers of the control API. */
import type { EmulatorResponse } from '../http/message.ts'
import type { Problem } from '../provider/invalid-document.ts'

/** A value as an answer. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): EmulatorResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: `${JSON.stringify(value)}\n`,
  }
}

/** A refusal: `{"error": …, "problems": […]}`. */
export function problem(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
  problems: readonly Problem[] = [],
): EmulatorResponse {
  return json(status, problems.length > 0 ? { error, problems } : { error }, headers)
}

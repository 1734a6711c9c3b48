/** Reads APIcast's recorded behaviour, and the list of intended deviations. */
import { readFileSync } from 'node:fs'

export interface ApicastCase {
  /** Unique in its file: a repeated name gets ` (2)`. */
  readonly name: string
  readonly config: Record<string, unknown>
  readonly request: {
    readonly method: string
    readonly url: string
    readonly headers: Record<string, string>
    readonly body: string | null
  }
  readonly backend?: { readonly status: number; readonly headers: Record<string, string>; readonly body: string }
  readonly expect: {
    readonly backend_request?: { readonly path: string; readonly params: Record<string, string> } | null
    readonly status: number
    readonly body?: string | null
    readonly headers?: Record<string, string | null>
    readonly usage?: Record<string, number> | null
    readonly upstream_called?: boolean
  }
}

export interface Deviation {
  readonly case: string
  /** What replaces APIcast's behaviour. */
  readonly ours: {
    readonly status?: number
    readonly usage?: Record<string, number> | null
    /** Parameters of the backend call with other values. */
    readonly params?: Record<string, string>
    readonly body?: string
    readonly headers?: Record<string, string | null>
    /** The call to the backend; null for none. Default: as recorded. */
    readonly call?: null
    /** The configuration is refused at start. */
    readonly refused?: true
    /** Statuses of the steps, where there are several. */
    readonly steps?: readonly number[]
  }
  readonly reason: string
}

export type ApicastFile = 'mapping-rules' | 'credentials' | 'backend-responses' | 'oidc' | 'routing'

/** The cases of one file, each with its intended deviation, if any. Throws if a deviation names no case. */
export function apicastCases<Case extends { readonly name: string } = ApicastCase>(
  file: ApicastFile,
): (Case & { readonly deviation: Deviation | undefined })[] {
  const recorded: Case[] = readCases(`apicast/${file}.json`)
  const deviations = new Map(
    readCases<Record<ApicastFile, Deviation[]>>('apicast-deviations.json')[file].map((one) => [one.case, one]),
  )
  const seen = new Map<string, number>()
  const cases = recorded.map((one) => {
    const count = (seen.get(one.name) ?? 0) + 1
    seen.set(one.name, count)
    const name = count === 1 ? one.name : `${one.name} (${count})`
    const deviation = deviations.get(name)
    deviations.delete(name)
    return { ...one, name, deviation }
  })
  if (deviations.size > 0) throw new Error(`no such case in ${file}: ${[...deviations.keys()].join('; ')}`)
  return cases
}

/** A document of this folder. */
export function readCases<Document>(path: string): Document {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}

/** Runs the scripts by their hashes, and by their texts where the server does not know them. */
import { createHash } from 'node:crypto'
import type { Scripts } from '../scripts/scripts.ts'
import type { SendCommand } from './send-command.ts'

export type ScriptName = keyof Scripts

/** The scripts with their hashes. */
export type ScriptTexts = Readonly<Record<ScriptName, { readonly text: string; readonly hash: string }>>

/** Computes the hashes by which a server knows the scripts. */
export function hashScripts({ sync, apply, take, settle }: Scripts): ScriptTexts {
  const hashed = (text: string) => ({ text, hash: createHash('sha1').update(text).digest('hex') })
  return { sync: hashed(sync), apply: hashed(apply), take: hashed(take), settle: hashed(settle) }
}

export class ScriptRunner {
  /** The beginning of all keys of the partition. */
  readonly prefix: string
  readonly #send: SendCommand
  readonly #scripts: ScriptTexts

  constructor(send: SendCommand, prefix: string, scripts: ScriptTexts) {
    this.#send = send
    this.prefix = prefix
    this.#scripts = scripts
  }

  /** Rejects with the client's error. @param args what the script takes after the time. */
  async run(name: ScriptName, args: readonly string[]): Promise<unknown> {
    const { prefix } = this
    const { hash, text } = this.#scripts[name]
    try {
      return await this.#send(['EVALSHA', hash, '1', prefix, '', ...args], prefix)
    } catch (error) {
      if (codeOf(error) !== 'NOSCRIPT') throw error
      return await this.#send(['EVAL', text, '1', prefix, '', ...args], prefix)
    }
  }

  /** A plain command about one key of the partition. @param key what stands after the prefix. */
  command(name: string, key: string, ...args: string[]): Promise<unknown> {
    const whole = `${this.prefix}:${key}`
    return this.#send([name, whole, ...args], whole)
  }

  /** A command without a key, sent to the partition's server. */
  serverCommand(...command: [name: string, ...args: string[]]): Promise<unknown> {
    return this.#send(command, this.prefix)
  }
}

/** The first word of a server's error, `READONLY`; undefined: the error is none of a server. */
export function codeOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : ''
  return /^([A-Z]{2,})(?:\s|$)/.exec(message)?.[1]
}

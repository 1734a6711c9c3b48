#!/usr/bin/env node
/** The command line: shows what is in a journal's directory, and changes nothing. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lifeIn } from './directory/lock.ts'
import { OWNER, UNFINISHED } from './directory/names.ts'
import { readFolder } from './directory/read-folder.ts'
import { describeFolder } from './show/describe-folder.ts'

const usage = `threescale-journal DIRECTORY: shows the usage in the files of a journal; changes nothing

  --json   print JSON, one line for each process
  --help   print this and exit
`

/** Names come from files, and must not steer the terminal. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const LIVES = { alive: 'its process lives', dead: 'its process is dead', gone: 'it has no lock' }

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
  const [directory, ...rest] = positionals
  if (values.help) return void process.stdout.write(usage)
  if (directory === undefined || rest.length > 0) throw new Error(`give one directory\n\n${usage}`)
  const names = readdirSync(directory).sort()
  for (const name of names.filter((one) => OWNER.test(one))) {
    const path = join(directory, name)
    const life = await lifeIn(path)
    const described = await describe(path)
    print(...(values.json ? [JSON.stringify({ owner: name, life, ...described })] : linesOf(name, life, described)))
  }
  for (const name of names) {
    if (!OWNER.test(name) && !UNFINISHED.test(name) && !values.json) print(`${name}: not of a journal`)
  }
}

type Described = ReturnType<typeof describeFolder>

/** A living process replaces its files while they are read, so a file that is gone is looked for again. */
async function describe(path: string): Promise<Described> {
  for (let tries = 5; ; tries--) {
    try {
      return describeFolder(await readFolder(path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 0) throw error
    }
  }
}

function linesOf(owner: string, life: keyof typeof LIVES, { header, bytes, problems, rows }: Described): string[] {
  const of =
    header === undefined ? '' : `, process ${header.pid}, services ${header.services.join(' ')}, ${header.backend}`
  const lines = [`${owner}: ${LIVES[life]}${of}, ${bytes} bytes`, ...problems.map((problem) => `  ! ${problem}`)]
  for (const { state, service, application, minute, usage } of rows) {
    const amounts = Object.entries(usage).map(([metric, amount]) => `${metric} ${amount}`)
    lines.push(`  ${state}  ${minute}  ${service ?? '-'}  ${application ?? '(not proved)'}  ${amounts.join(', ')}`)
  }
  if (rows.length === 0) lines.push('  nothing is unsettled')
  return lines
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line.replaceAll(STEERING, escaped)}\n`)
}

/** As JSON escapes it. */
function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  )
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { lifeIn } from '../../src/directory/lock.ts'
import { newDirectory } from '../support/journal-directory.ts'

const LOCK = new URL('../../build/directory/lock.js', import.meta.url).href
const HOLD = `
  const { parentPort, workerData } = require('node:worker_threads')
  import('${LOCK}').then(async ({ holdLock }) => {
    await holdLock(workerData)
    parentPort.once('message', () => {})
    parentPort.postMessage('held')
  })`

it.each([
  ['a short path', ''],
  ['a path that is too long for a socket', 'x'.repeat(200)],
])('of a thread that ended in order stays, and says that nothing listens (%s)', async (_, below) => {
  const folder = join(newDirectory(), below)
  mkdirSync(folder, { recursive: true })
  const thread = new Worker(HOLD, { eval: true, workerData: folder })
  await new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject))
  expect(await lifeIn(folder)).toBe('alive')
  const ended = new Promise((resolve) => thread.once('exit', resolve))
  thread.postMessage('end')
  await ended
  expect(await lifeIn(folder)).toBe('dead')
})

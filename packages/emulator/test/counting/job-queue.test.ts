import { expect, test } from 'vitest'
import { JobQueue } from '../../src/counting/job-queue.ts'

function recorder() {
  const done: string[] = []
  return { done, queue: new JobQueue<string>((job, at) => done.push(`${job}@${at}`)) }
}

test('a job without delay runs at once', () => {
  const { done, queue } = recorder()
  queue.add('a', 5, 0)
  expect([done, queue.size]).toEqual([['a@5'], 0])
})

test('jobs run once due, as of the instant they were due', () => {
  const { done, queue } = recorder()
  queue.add('a', 0, 10)
  queue.add('b', 5, 10)
  queue.runDue(9)
  expect(done).toEqual([])
  queue.runDue(14)
  expect([done, queue.size]).toEqual([['a@10'], 1])
  queue.runDue(1000)
  expect(done).toEqual(['a@10', 'b@15'])
})

test('a clock set back lets later jobs overtake', () => {
  const { done, queue } = recorder()
  queue.add('a', 100, 10)
  queue.add('b', 0, 10)
  queue.add('c', 0, 10)
  queue.runDue(50)
  expect(done).toEqual(['b@10', 'c@10'])
  queue.runAll(60)
  expect(done).toEqual(['b@10', 'c@10', 'a@60'])
})

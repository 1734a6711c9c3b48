// Keeps the workers running: starts them, replaces those that die, hands signals on.
import cluster from 'node:cluster'

export function startPrimary(count) {
  let stopping = false
  let printed = false

  const start = () => {
    const worker = cluster.fork()
    // One that never listened would die again at once.
    let listens = false
    worker.once('listening', () => {
      listens = true
    })
    worker.once('exit', () => {
      if (!stopping && !worker.replaced && listens) start()
    })
    return worker
  }
  for (let worker = 0; worker < count; worker++) start()

  let listening = 0
  cluster.on('listening', (_worker, { port }) => {
    listening += 1
    if (printed || listening < count) return
    printed = true
    console.log(`http://127.0.0.1:${port}`)
  })

  // A rolling restart: each worker ends once another one has taken its place.
  process.on('SIGHUP', () => {
    for (const old of Object.values(cluster.workers ?? {})) {
      start().once('listening', () => {
        old.replaced = true
        old.process.kill('SIGTERM')
      })
    }
  })

  // A process manager signals the primary only, while Ctrl-C reaches all processes. Workers bear it twice.
  const stop = () => {
    stopping = true
    for (const worker of Object.values(cluster.workers ?? {})) worker.process.kill('SIGTERM')
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}

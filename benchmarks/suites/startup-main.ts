/**
 * A program that starts a cluster, in the way of its first argument, with as many engines as the second says, and tells how long that took.
 * It loads the library itself: that is part of starting.
 */
const [how, count] = process.argv.slice(2) as [keyof typeof ways, string]
const engines = Number(count)

export interface StartTimes {
  /** From before the library was loaded until all engines were ready, in milliseconds. */
  readonly ready: number
  /** The same, until each engine had given a first result. */
  readonly first: number
}

const ways = {
  threads: () => yardmaster({}),
  websocket: () => yardmaster({ engineKind: 'process', transport: 'websocket' }),
  zeromq: () => yardmaster({ engineKind: 'process', transport: 'zeromq' }),
  piscina,
  bareThreads,
  bareProcesses,
}

process.stdout.write(`${JSON.stringify(await ways[how]())}\n`)
process.exit()

async function yardmaster(options: {
  readonly engineKind?: 'process'
  readonly transport?: 'websocket' | 'zeromq'
}): Promise<StartTimes> {
  const begin = performance.now()
  const { Cluster } = await import('../../views/cluster.ts')
  const cluster = await Cluster.start({ engines, ...options })
  const ready = performance.now() - begin
  const client = await cluster.connect()
  await Promise.all(cluster.engines.map(({ id }) => client.directView(id).apply((x: number) => x + 1, id)))
  const first = performance.now() - begin
  await cluster.stop()
  return { ready, first }
}

/** Its threads are ready when they have answered; it does not tell before. */
async function piscina(): Promise<StartTimes> {
  const begin = performance.now()
  const { Piscina } = await import('piscina')
  const filename = new URL('../peers/piscina-worker.mjs', import.meta.url).href
  const pool = new Piscina({ filename, minThreads: engines, maxThreads: engines, execArgv: [] })
  await Promise.all(Array.from({ length: engines }, () => pool.run(20, { name: 'sleep' })))
  const first = performance.now() - begin
  await pool.destroy()
  return { ready: first, first }
}

async function bareThreads(): Promise<StartTimes> {
  const begin = performance.now()
  const { Worker } = await import('node:worker_threads')
  const script = `require('node:worker_threads').parentPort.postMessage('ready')`
  const workers = Array.from({ length: engines }, () => new Worker(script, { eval: true, execArgv: [] }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
  const ready = performance.now() - begin
  return { ready, first: ready }
}

async function bareProcesses(): Promise<StartTimes> {
  const begin = performance.now()
  const { spawn } = await import('node:child_process')
  const script = `process.stdout.write('ready')`
  const children = Array.from({ length: engines }, () => spawn(process.execPath, ['-e', script]))
  await Promise.all(children.map((child) => new Promise((resolve) => child.stdout.once('data', resolve))))
  const ready = performance.now() - begin
  return { ready, first: ready }
}

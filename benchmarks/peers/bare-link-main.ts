/** The socket beneath a transport, and an echo at its far end in another process: 64 bytes for work that takes and gives nothing. */
import { type Pipe, pipelined, roundTrips } from '../links/pipes.ts'
import { websocketPipe, zeromqPipe } from '../links/raw-pipes.ts'
import type { Done, Job, Refused } from './job.ts'
import { answer } from './pool.ts'

const pipe = await (process.argv[3] === 'zeromq' ? zeromqPipe() : websocketPipe())
await answer(process.versions.node, (job) => run(pipe, job))
await pipe.close()
process.exit()

async function run(pipe: Pipe, { work, count, window, bytes = 0, how = 'copied' }: Job): Promise<Done | Refused> {
  if (how !== 'copied') return { refused: 'processes share no memory' }
  if (work !== 'nothing' && work !== 'back') return { refused: 'an echo does nothing else' }
  if (work === 'nothing' && window === 1) {
    const timesUs = await roundTrips(pipe, count)
    return { seconds: timesUs.reduce((sum, us) => sum + us, 0) / 1e6, timesUs }
  }
  const small = () => new Uint8Array(64)
  const large = new Uint8Array(bytes).fill(7)
  return { seconds: await pipelined(pipe, count, window, work === 'nothing' ? small : () => large) }
}

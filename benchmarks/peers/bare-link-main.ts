/** The socket beneath a transport, and an echo at its far end in another process: 64 bytes for work that takes and gives nothing. */
import { FarEnds } from '../links/far-ends.ts'
import type { Pipe } from '../links/link.ts'
import { rawWebSocket } from '../links/raw-websocket.ts'
import { rawZeromq } from '../links/raw-zeromq.ts'
import { type Exchange, echoed } from './echo.ts'
import { answer } from './pool.ts'

const far = new FarEnds()
const link = await (process.argv[3] === 'zeromq' ? rawZeromq('tcp') : rawWebSocket('ws')).open(far, 1)
const exchange = exchangeOver(link.pipes[0] as Pipe)
await answer(process.versions.node, async (job) => {
  const { work, how = 'copied' } = job
  if (how !== 'copied') return { refused: 'processes share no memory' }
  if (work !== 'nothing' && work !== 'back') return { refused: 'an echo does nothing else' }
  return echoed(exchange, job)
})
await link.close()
await far.close()

function exchangeOver(pipe: Pipe): Exchange {
  const waiting: (() => void)[] = []
  pipe.onMessage = () => waiting.shift()?.()
  return (bytes) => {
    pipe.send(bytes)
    return new Promise<void>((resolve) => waiting.push(resolve))
  }
}

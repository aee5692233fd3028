/** The bare `MessagePort` beneath links between threads. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { LinkKind, Pipe } from './link.ts'

export const rawPort: LinkKind = {
  subject: 'MessagePort, raw',
  async open(far, connections) {
    const channels = Array.from({ length: connections }, () => new MessageChannel())
    await far.give(
      'raw',
      channels.map(({ port2 }) => port2),
    )
    return {
      pipes: channels.map(({ port1 }) => pipeOver(port1)),
      async close() {
        for (const { port1 } of channels) port1.close()
      },
    }
  },
}

function pipeOver(port: MessagePort): Pipe {
  const pipe: Pipe = { send: (bytes) => port.postMessage(bytes), onMessage: () => {} }
  port.on('message', () => pipe.onMessage())
  return pipe
}

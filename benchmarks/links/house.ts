/** Links of the house's transports, and of a user's: an address, and `transportFor`. */
import { MessageChannel } from 'node:worker_threads'
import type { Connection } from '../../core/transport.ts'
import { transportFor } from '../../transports/connect.ts'
import { openPort } from '../../transports/threads.ts'
import { echo } from './far-end.ts'
import type { FarEnds } from './far-ends.ts'
import { Arrivals, benchmarkKey, type LinkKind, type OpenLink, type Pipe } from './link.ts'

let names = 0

/** Both ends in this thread. */
export const memoryLink: LinkKind = {
  subject: 'memory',
  async open(_far, connections) {
    names += 1
    const address = `memory:benchmark-${names}`
    return listening(address, connections, async () => {
      const transport = await transportFor(address)
      for (let i = 0; i < connections; i += 1) echo(await transport.connect(address))
    })
  },
}

export const threadsLink: LinkKind = {
  subject: 'threads',
  beneath: 'MessagePort, raw',
  async open(far, connections) {
    const channels = Array.from({ length: connections }, () => new MessageChannel())
    await far.give(
      'house',
      channels.map(({ port2 }) => port2),
    )
    return openLink(channels.map(({ port1 }) => openPort(port1)))
  },
}

/** To another process, over a network or what is like one. */
export function networkLink(subject: string, address: string, beneath?: string): LinkKind {
  return {
    subject,
    ...(beneath === undefined ? {} : { beneath }),
    open: (far: FarEnds, connections: number) =>
      listening(address, connections, (actual) => far.connect('house', actual, connections)),
  }
}

async function listening(
  address: string,
  connections: number,
  connect: (actual: string) => Promise<void>,
): Promise<OpenLink> {
  const transport = await transportFor(address)
  const arrivals = new Arrivals<Connection>(connections)
  const listener = await transport.listen(address, (connection) => arrivals.add(connection), { key: benchmarkKey })
  await connect(listener.address)
  return openLink(await arrivals.all, () => listener.close())
}

function openLink(connections: readonly Connection[], after?: () => Promise<void>): OpenLink {
  return {
    pipes: connections.map(pipeOver),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()))
      await after?.()
    },
  }
}

function pipeOver(connection: Connection): Pipe {
  connection.trust?.()
  const pipe: Pipe = { send: (bytes) => void connection.send([bytes]), onMessage: () => {} }
  connection.open({ onMessage: () => pipe.onMessage(), onClose: () => {} })
  return pipe
}

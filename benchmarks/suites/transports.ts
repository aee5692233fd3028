/** Each transport beside the bare socket beneath it. The far end echoes: in another process, or thread; of memory in this one. */
import { pathToFileURL } from 'node:url'
import { TransportUnavailableError } from '../../core/errors.ts'
import { FarEnds } from '../links/far-ends.ts'
import { memoryLink, networkLink, threadsLink } from '../links/house.ts'
import type { LinkKind, OpenLink } from '../links/link.ts'
import { rawPort } from '../links/raw-port.ts'
import { rawWebSocket } from '../links/raw-websocket.ts'
import { rawZeromq } from '../links/raw-zeromq.ts'
import type { Suite, SuiteOptions } from '../suite.ts'
import { type Bed, transportMeasures } from './transport-measures.ts'

const house: readonly LinkKind[] = [
  memoryLink,
  rawPort,
  threadsLink,
  rawWebSocket('ws'),
  networkLink('ws', 'ws://127.0.0.1:0', 'ws, raw'),
  rawWebSocket('wss'),
  networkLink('wss', 'wss://127.0.0.1:0', 'wss, raw'),
  rawZeromq('tcp'),
  networkLink('tcp', 'tcp://127.0.0.1:0', 'tcp, raw'),
  rawZeromq('tcps'),
  networkLink('tcps', 'tcps://127.0.0.1:0', 'tcps, raw'),
]

export const transports: Suite = {
  async open(options) {
    const far = new FarEnds()
    const notes: string[] = []
    const beds: Bed[] = []
    const close = async () => {
      for (const { link } of beds) await link.close()
      await far.close()
    }
    try {
      for (const kind of [...house, ...(await ownKinds(options, far))]) {
        const link = await openIfInstalled(kind, far, notes)
        if (link) beds.push({ kind, link })
      }
    } catch (error) {
      await close()
      throw error
    }
    return { measures: transportMeasures(beds, far, options), notes, close }
  },
}

/** What the user wants to compare: a module that registers a transport, in this process and at the far ends. */
async function ownKinds({ transport }: SuiteOptions, far: FarEnds): Promise<LinkKind[]> {
  if (!transport) return []
  const { href } = pathToFileURL(transport.module)
  await import(href)
  await far.load(href)
  return [networkLink(transport.address.replace(/:.*/s, ''), transport.address)]
}

async function openIfInstalled(kind: LinkKind, far: FarEnds, notes: string[]): Promise<OpenLink | undefined> {
  try {
    return await kind.open(far, 1)
  } catch (error) {
    if (!(error instanceof TransportUnavailableError)) throw error
    notes.push(`${kind.subject} is not measured: ${error.message}`)
    return undefined
  }
}

/** The bare sockets beneath `tcp:` and `tcps:`: a pair of Dealers, or a Router for many. */
import type * as zeromq from 'zeromq'
import { curveServerKeys } from '../../transports/encryption.ts'
import { loadZeromq } from '../../transports/zeromq-socket.ts'
import { Arrivals, benchmarkKey, type LinkKind, type OpenLink, type Pipe } from './link.ts'

/** Nothing is dropped, and nothing blocks. */
const options = { sendHighWaterMark: 0, sendTimeout: 0, linger: 0 }
/** What a far end says first: a socket of ZeroMQ does not tell of a connection. */
const hello = 'hello'
/** ZeroMQ's own limit for a process is 1,023. */
const socketsMax = 8_192

export function rawZeromq(scheme: 'tcp' | 'tcps'): LinkKind {
  return {
    subject: `${scheme}, raw`,
    open: (far, connections) => {
      const connect = (endpoint: string) => far.connect('zeromq', endpoint.replace('tcp:', `${scheme}:`), connections)
      return connections === 1 ? pairOfDealers(scheme, connect) : routerOfMany(scheme, connections, connect)
    },
  }
}

type Connect = (endpoint: string) => Promise<void>

async function pairOfDealers(scheme: string, connect: Connect): Promise<OpenLink> {
  const { Dealer } = await loadZeromq()
  const dealer = new Dealer({ ...options, ...encryptionHere(scheme) })
  await dealer.bind('tcp://127.0.0.1:*')
  await connect(dealer.lastEndpoint as string)
  await dealer.receive()
  const pipe: Pipe = { send: (bytes) => void dealer.send(bytes), onMessage: () => {} }
  void (async () => {
    for await (const _ of dealer) pipe.onMessage()
  })()
  return { pipes: [pipe], close: async () => dealer.close() }
}

async function routerOfMany(scheme: string, connections: number, connect: Connect): Promise<OpenLink> {
  const { Router } = await loadZeromq()
  const router = new Router({ ...options, ...encryptionHere(scheme) })
  await router.bind('tcp://127.0.0.1:*')
  const arrivals = new Arrivals<Pipe>(connections)
  const pipes = new Map<string, Pipe>()
  void (async () => {
    for await (const [identity = Buffer.alloc(0)] of router) {
      const name = identity.toString('latin1')
      const known = pipes.get(name)
      if (known) {
        known.onMessage()
        continue
      }
      const pipe: Pipe = { send: (bytes) => void router.send([identity, bytes]), onMessage: () => {} }
      pipes.set(name, pipe)
      arrivals.add(pipe)
    }
  })()
  await connect(router.lastEndpoint as string)
  return { pipes: await arrivals.all, close: async () => router.close() }
}

/** At the far end. */
export async function echoDealers(address: string, connections: number): Promise<void> {
  const { curveKeyPair, Dealer } = await loadZeromq()
  for (let i = 0; i < connections; i += 1) {
    const dealer = new Dealer({
      ...options,
      ...(address.startsWith('tcps:') ? encryptionThere(curveKeyPair()) : {}),
    })
    dealer.connect(address.replace('tcps:', 'tcp:'))
    await dealer.send(hello)
    dealer.events.on('disconnect', () => dealer.close())
    void echo(dealer)
  }
}

async function echo(dealer: zeromq.Dealer): Promise<void> {
  try {
    for await (const message of dealer) await dealer.send(message)
  } catch (error) {
    if (!dealer.closed) throw error
  }
}

/** To be called before there is any socket: later it has no effect. */
export async function allowManySockets(): Promise<void> {
  const { context } = await loadZeromq()
  if (context.maxSockets < socketsMax) context.maxSockets = socketsMax
}

function encryptionHere(scheme: string): object {
  if (scheme !== 'tcps') return {}
  return { curveServer: true, curveSecretKey: curveServerKeys('tcps:', benchmarkKey).secret }
}

function encryptionThere(own: { readonly publicKey: string; readonly secretKey: string }): object {
  const { public: serverKey } = curveServerKeys('tcps:', benchmarkKey)
  return { curveServerKey: serverKey, curvePublicKey: own.publicKey, curveSecretKey: own.secretKey }
}

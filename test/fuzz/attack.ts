import Type, { type TSchema } from 'typebox'
import { clientWelcome, engineWelcome } from '../../core/admission-messages.ts'
import { systemClock } from '../../core/clock.ts'
import { encode } from '../../core/codec.ts'
import { offerHandshake } from '../../core/handshake.ts'
import { handshakeMessages } from '../../core/handshake-messages.ts'
import { clientToController, controllerToClient, controllerToEngine, engineToController } from '../../core/messages.ts'
import { type Random, seededRandom } from '../../core/random.ts'
import type { Connection, Frame } from '../../core/transport.ts'
import { transportFor } from '../../transports/connect.ts'
import { randomBytes, randomValue, withOddField } from './random-value.ts'

export interface AttackOptions {
  readonly address: string
  readonly key: Uint8Array
  readonly seed: number
  readonly frames: number
  /** Connections at a time. Default 8. */
  readonly parallel?: number
}

/** Frames and connections by who sent them. */
export interface AttackReport {
  readonly frames: Record<Attacker, number>
  readonly connections: Record<Attacker, number>
}

type Attacker = 'stranger' | 'client' | 'engine'
const attackers: readonly Attacker[] = ['stranger', 'client', 'engine']
const schemas: Record<Attacker, TSchema> = {
  stranger: handshakeMessages,
  client: clientToController,
  engine: engineToController,
}
/** In a row on one connection, if it lasts. */
const burst = 24

/**
 * Sends so many frames, malformed, mutated and random but well-formed, from strangers and from clients and engines that hold the key.
 * Of what the key allows it leaves out what would end or change the cluster for others: shutdown, restarts, another strategy; and
 * tasks that would wait for ever.
 */
export async function attack({ address, key, seed, frames, parallel = 8 }: AttackOptions): Promise<AttackReport> {
  const report: AttackReport = {
    frames: { stranger: 0, client: 0, engine: 0 },
    connections: { stranger: 0, client: 0, engine: 0 },
  }
  const transport = await transportFor(address)
  let left = frames
  const work = async (random: Random) => {
    while (left > 0) {
      const who = attackers[random.below(3)] as Attacker
      const connection = await transport.connect(address)
      const sent = await strike(connection, who, key, random)
      report.connections[who] += 1
      report.frames[who] += sent
      left -= sent
    }
  }
  await Promise.all(Array.from({ length: parallel }, (_, i) => work(seededRandom(seed).substream(`${i}`))))
  return report
}

/** Answers how many frames were sent before the connection ended. */
async function strike(connection: Connection, who: Attacker, key: Uint8Array, random: Random): Promise<number> {
  let isOpen = true
  let open = connection
  try {
    if (who === 'stranger')
      open.open({
        onMessage: () => {},
        onClose: () => {
          isOpen = false
        },
      })
    else {
      const { link } = await admitted(connection, who, key)
      open = link.connection
      link.open({
        onMessage: () => {},
        onClose: () => {
          isOpen = false
        },
      })
    }
  } catch {
    return 0
  }
  let sent = 0
  for (; sent < burst && isOpen; sent += 1) {
    open.send(randomFrames(schemas[who], random))
    // Most are answered before the next: what ends the connection is noticed.
    if (sent % 4 === 3) await new Promise((resolve) => setImmediate(resolve))
  }
  if (random.below(2) === 0) open.abort()
  else void open.close()
  return sent
}

function admitted(connection: Connection, who: 'client' | 'engine', key: Uint8Array) {
  const common = { key, clock: systemClock }
  const anything = Type.Object({ type: Type.String() })
  return who === 'client'
    ? offerHandshake(connection, {
        ...{ ...common, role: who, details: { session: 'fuzzer0000' } },
        ...{ sends: anything, receives: controllerToClient, welcome: clientWelcome },
      })
    : offerHandshake(connection, {
        ...{ ...common, role: who, details: { name: 'fuzzer', pid: 1, host: 'fuzz', kind: 'fuzz' } },
        ...{ sends: anything, receives: controllerToEngine, welcome: engineWelcome },
      })
}

function randomFrames(schema: TSchema, random: Random): Frame[] {
  const fate = random.below(10)
  if (fate === 0) return Array.from({ length: random.below(4) }, () => randomBytes(random, random.below(300)))
  const message = harmless(randomValue(schema, random))
  const changed = fate < 4 ? withOddField(message, random) : message
  const frames = encodable(changed) ?? [randomBytes(random, 40)]
  return fate === 4 || fate === 5 ? mutated(frames, random) : frames
}

function encodable(message: unknown): Frame[] | undefined {
  try {
    return encode(message as object)
  } catch {
    return undefined
  }
}

/** Bytes that differ, are missing or too many; frames that are missing or too many. */
function mutated(frames: readonly Frame[], random: Random): Frame[] {
  const all = frames.map((frame) => frame.slice())
  const [head = new Uint8Array(1)] = all
  switch (random.below(4)) {
    case 0:
      for (let i = 0; i <= random.below(4); i += 1) head[random.below(head.length)] = random.below(256)
      return all
    case 1:
      return [head.subarray(0, random.below(head.length + 1)), ...all.slice(1)]
    case 2:
      return [...all, randomBytes(random, random.below(50))]
    default:
      return all.slice(0, -1)
  }
}

interface Fields {
  type?: unknown
  ask?: { kind?: unknown }
  tasks?: { targets?: unknown; onUnmet?: unknown; direct?: unknown }[]
}

function harmless(message: unknown): unknown {
  const { type, ask, tasks } = message as Fields
  const forbidden = ['shutdown', 'interrupt', 'restart', 'setStrategy', 'purge']
  if (type === 'ask' && forbidden.includes(String(ask?.kind))) return { type: 'ping', sequence: 0 }
  if (type === 'submit') {
    for (const task of tasks ?? []) {
      delete task.targets
      delete task.onUnmet
      delete task.direct
    }
  }
  return message
}

import { expect, it } from 'vitest'
import { Audience } from '../../cluster/audience.ts'
import { ClientPeer } from '../../cluster/client-peer.ts'
import { noLimit } from '../../core/capacity.ts'
import { systemClock } from '../../core/clock.ts'
import { decoder } from '../../core/codec.ts'
import { Link } from '../../core/link.ts'
import { type ClientToController, type ControllerToClient, clientToController } from '../../core/messages.ts'
import type { Connection } from '../../core/transport.ts'
import { memoryTransport } from '../../transports/memory.ts'

/** A client of one session, by a link of its own. */
async function newPeer(session: string): Promise<ClientPeer> {
  const transport = memoryTransport()
  const connection = await new Promise<Connection>((resolve) => {
    void transport.listen('memory:audience', resolve).then(() => transport.connect('memory:audience'))
  })
  return new ClientPeer({
    session: session as ClientPeer['session'],
    link: new Link<ControllerToClient, ClientToController>(connection, decoder(clientToController)),
    capacity: noLimit,
    unsentBytesMax: Number.POSITIVE_INFINITY,
    now: 0,
    engines: () => [],
    lookUp: (id) => expect.fail(`${id} is looked up`),
    onOverflow: () => expect.fail('it overflows'),
  })
}

it('a client that is back stays, when the end of its earlier link is heard of later', async () => {
  const audience = new Audience({ clock: systemClock, task: () => undefined, later: undefined, hasMore: () => {} })
  const [earlier, later, other] = [await newPeer('a'), await newPeer('a'), await newPeer('b')]
  audience.joined(earlier)
  audience.joined(other)
  audience.joined(later)
  expect(audience.left(earlier)).toBe(false)
  expect([...audience]).toEqual([later, other])
  expect(audience.left(later)).toBe(true)
  expect([...audience]).toEqual([other])
})

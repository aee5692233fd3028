/** Launchers as plain JavaScript may have them: what is missing is told, and hurts nothing else. */
import { expect, test } from 'vitest'
import { startLocalCluster } from '../../../cluster/cluster.ts'
import type { EngineHandle, EngineSeat, Launcher } from '../../../cluster/launchers/launcher.ts'
import { ConfigurationError } from '../../../core/errors.ts'

const handleOf = ({ launch }: EngineSeat): EngineHandle => ({
  launch,
  place: {},
  began: new Promise(() => {}),
  ended: new Promise(() => {}),
  signal: async () => {},
  stop: async () => {},
})

const opened = (session: unknown) => ({ name: 'mine', open: async () => session })
const launching = (launch: (seats: readonly EngineSeat[]) => unknown) =>
  opened({ launch: async (seats: readonly EngineSeat[]) => launch(seats), close: async () => {} })
const without = (member: string) =>
  launching((seats) => seats.map((seat) => ({ ...handleOf(seat), [member]: undefined })))

const cases: readonly (readonly [what: string, launcher: unknown, message: RegExp])[] = [
  ['null', null, /^launcher must be a name, or an object with name and open, not null/],
  ['no name', { open: async () => undefined }, /^the name of a launcher must be a text, not undefined/],
  ['no open', { name: 'mine' }, /^launcher mine: open must be a function, not undefined/],
  ['one address', { ...opened(undefined), listen: 'ws://:0' }, /^launcher mine: listen must be a list of addresses/],
  ['open answers nothing', opened(undefined), /^launcher mine: open must answer .*launch and close, not undefined/],
  ['no close', opened({ launch: async () => [] }), /^launcher mine: open must answer .*an object with launch/],
  ['launch answers nothing', launching(() => undefined), /^launcher mine: launch must answer a list .*not undefined/],
  ['too few', launching(([seat]) => seat && [handleOf(seat)]), /^launcher mine: launch must .*each seat: 2, not 1/],
  ['no handle', launching(() => [null, null]), /^launcher mine: each answer of launch must be a handle, not null/],
  ['no launch', without('launch'), /^launcher mine: launch of a handle must be that of its seat, \S+, not undefined/],
  ['no place', without('place'), /^launcher mine: place of a handle must be an object, not undefined/],
  ['no began', without('began'), /^launcher mine: began of a handle must be a promise, not undefined/],
  ['no ended', without('ended'), /^launcher mine: ended of a handle must be a promise, not undefined/],
  ['no signal', without('signal'), /^launcher mine: signal of a handle must be a function, not undefined/],
  ['no stop', without('stop'), /^launcher mine: stop of a handle must be a function, not undefined/],
  [
    'ended rejects',
    launching((seats) => seats.map((seat) => ({ ...handleOf(seat), ended: Promise.reject(new Error('no room')) }))),
    /^launcher mine: ended of a handle must not reject, and did: no room/,
  ],
]

test.for(cases)('%s', async ([, launcher, message]) => {
  const starting = startLocalCluster({ launcher: launcher as Launcher, engines: 2 })
  const error = await starting.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ConfigurationError)
  expect((error as Error).message).toMatch(message)
})

test('a launch that is refused for one handle stops the others', async () => {
  const stopped: string[] = []
  const launcher = launching((seats) =>
    seats.map((seat, i) => {
      const stop = async () => {
        stopped.push(seat.name)
        throw new Error('it was none')
      }
      return { ...handleOf(seat), stop, ...(i === 1 ? { place: 'here' } : {}) }
    }),
  )
  await expect(startLocalCluster({ launcher: launcher as Launcher, engines: 2 })).rejects.toThrow('place of a handle')
  expect(stopped).toEqual(['mine-0', 'mine-1'])
})

import { once } from 'node:events'
import { createServer } from 'node:net'
import { freshSeed, type Random, seededRandom } from '../core/random.ts'

/**
 * A free port below those that systems hand out by themselves: while nobody listens there, no other program is given it, and nobody who
 * seeks it is connected to itself.
 */
export async function freePort(random: Random = seededRandom(freshSeed())): Promise<number> {
  for (;;) {
    const port = 15_000 + random.below(15_000)
    const server = createServer()
    try {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return port
    } catch {
      // Taken: another.
    } finally {
      server.close()
    }
  }
}

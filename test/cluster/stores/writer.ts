/** Writes ten entries at a time, and says which of these writes are done, until it is ended. */
import { openLmdbStore } from '../../../cluster/stores/lmdb-store.ts'

try {
  const store = await openLmdbStore(process.argv[2] as string)
  for (let round = 0; round < 100_000 && process.connected; round += 1) {
    const changes = Array.from({ length: 10 }, (_, i) => ({ key: `${round}.${i}`, value: Uint8Array.of(i) }))
    void store.write(changes).then(() => process.send?.(round))
    if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
} catch (error) {
  process.send?.(error instanceof Error ? error.message : String(error))
  process.disconnect()
}

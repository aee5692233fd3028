import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { missingOptionals, readLockFile } from '../../scripts/complete-lock.ts'

test('the lock names every platform, or npm ci refuses it: npx tsx scripts/complete-lock.ts', () => {
  expect(missingOptionals(readLockFile())).toEqual([])
})

test('the lock is of this manifest', () => {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
  expect(readLockFile().packages['']).toMatchObject({
    dependencies,
    devDependencies,
    optionalDependencies,
    peerDependencies,
  })
})

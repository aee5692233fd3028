import { buildIfStale } from '../scripts/build.ts'

/** System tests run what is in `dist/`. Whether its types are right is for `npm run check` to say. */
export default async function setup(): Promise<void> {
  await buildIfStale()
}

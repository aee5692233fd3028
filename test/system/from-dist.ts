/** Parts of the package that it does not show, as they are built: what starts threads and processes needs its files beside it, and a cluster is made of these. */
const part = (path: string) => import(new URL(`../../dist/${path}`, import.meta.url).href)

export const { createLauncher } = (await part(
  'cluster/launchers/registry.js',
)) as typeof import('../../cluster/launchers/registry.ts')
export const { launchProcessEngine } = (await part(
  'cluster/launchers/process.js',
)) as typeof import('../../cluster/launchers/process.ts')
export const { Viewer } = (await part(
  'cluster/dashboard/viewer.js',
)) as typeof import('../../cluster/dashboard/viewer.ts')

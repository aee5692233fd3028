import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** From the root, and from the folder that is built. */
export const dashboardFolder = 'dashboard'

/**
 * Builds the dashboard's page, one file, into `dashboard/page.html` of `folder`. In a process of its own, as the compiler is: its build tool
 * keeps threads.
 * @throws Error where it cannot be built
 */
export function buildDashboard(root: string, folder: string): void {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const config = join(root, dashboardFolder, 'vite.config.ts')
  const outDir = join(folder, dashboardFolder)
  const built = spawnSync(process.execPath, [vite, 'build', '--config', config, '--outDir', outDir, '--emptyOutDir'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (built.error) throw built.error
  if (built.status !== 0) throw new Error(`the dashboard's page cannot be built:\n${built.stdout}${built.stderr}`)
}

import { hostname } from 'node:os'
import type { Launcher, LauncherEntry } from '../launcher.ts'
import { sshOptionNames, sshSettings } from './options.ts'
import { SshSession } from './session.ts'

/** Engines that are processes on other machines, which the system's `ssh` leads to. They end with its connection. */
export const sshEntry: LauncherEntry = {
  options: sshOptionNames,
  create: (options): Launcher => {
    const settings = sshSettings(options)
    return {
      name: 'ssh',
      listen: [settings.isTunneled ? 'ws://127.0.0.1:0' : `ws://${hostname()}:0`],
      open: async (setting) => new SshSession(settings, setting),
    }
  },
}

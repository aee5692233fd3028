/** What stands in for a file in browsers has the types of what it stands in for. */

import type * as clusterEngineIdentityHere from '../../cluster/engine-identity.browser.ts'
import type * as clusterEngineIdentity from '../../cluster/engine-identity.ts'
import type * as clusterExecutorsCaptureOutputHere from '../../cluster/executors/capture-output.browser.ts'
import type * as clusterExecutorsCaptureOutput from '../../cluster/executors/capture-output.ts'
import type * as clusterExecutorsImportMetaHere from '../../cluster/executors/import-meta.browser.ts'
import type * as clusterExecutorsImportMeta from '../../cluster/executors/import-meta.ts'
import type * as clusterExecutorsLoaderHere from '../../cluster/executors/loader.browser.ts'
import type * as clusterExecutorsLoader from '../../cluster/executors/loader.ts'
import type * as clusterExecutorsRunScriptHere from '../../cluster/executors/run-script.browser.ts'
import type * as clusterExecutorsRunScript from '../../cluster/executors/run-script.ts'
import type * as clusterTaskSlotHere from '../../cluster/task-slot.browser.ts'
import type * as clusterTaskSlot from '../../cluster/task-slot.ts'
import type * as coreKeyedHashHere from '../../core/keyed-hash.browser.ts'
import type * as coreKeyedHash from '../../core/keyed-hash.ts'
import type * as coreOpentelemetryHere from '../../core/opentelemetry.browser.ts'
import type * as coreOpentelemetry from '../../core/opentelemetry.ts'
import type * as transportsBuiltInHere from '../../transports/built-in.browser.ts'
import type * as transportsBuiltIn from '../../transports/built-in.ts'
import type * as viewsConnectHere from '../../views/connect.browser.ts'
import type * as viewsConnect from '../../views/connect.ts'
import type * as viewsFunctionsBuiltinExportsHere from '../../views/functions/builtin-exports.browser.ts'
import type * as viewsFunctionsBuiltinExports from '../../views/functions/builtin-exports.ts'
import type * as viewsFunctionsContentHashHere from '../../views/functions/content-hash.browser.ts'
import type * as viewsFunctionsContentHash from '../../views/functions/content-hash.ts'
import type * as viewsFunctionsInspectorHere from '../../views/functions/inspector.browser.ts'
import type * as viewsFunctionsInspector from '../../views/functions/inspector.ts'
import type * as viewsFunctionsModuleFilesHere from '../../views/functions/module-files.browser.ts'
import type * as viewsFunctionsModuleFiles from '../../views/functions/module-files.ts'
import type * as viewsFunctionsObjectKindsHere from '../../views/functions/object-kinds.browser.ts'
import type * as viewsFunctionsObjectKinds from '../../views/functions/object-kinds.ts'
import type * as viewsFunctionsScriptHere from '../../views/functions/script.browser.ts'
import type * as viewsFunctionsScript from '../../views/functions/script.ts'
import type * as viewsProgramFilesHere from '../../views/program-files.browser.ts'
import type * as viewsProgramFiles from '../../views/program-files.ts'
import type * as viewsProgressBarHere from '../../views/progress-bar.browser.ts'
import type * as viewsProgressBar from '../../views/progress-bar.ts'
import type * as viewsSourceLinesHere from '../../views/source-lines.browser.ts'
import type * as viewsSourceLines from '../../views/source-lines.ts'

/** The twin's, if all that it has can be used as the other's. */
type Fits<Twin extends Pick<Original, keyof Twin & keyof Original>, Original> = Twin

export interface Twins {
  readonly clusterEngineIdentity: Fits<typeof clusterEngineIdentityHere, typeof clusterEngineIdentity>
  readonly clusterExecutorsCaptureOutput: Fits<
    typeof clusterExecutorsCaptureOutputHere,
    typeof clusterExecutorsCaptureOutput
  >
  readonly clusterExecutorsImportMeta: Fits<typeof clusterExecutorsImportMetaHere, typeof clusterExecutorsImportMeta>
  readonly clusterExecutorsLoader: Fits<typeof clusterExecutorsLoaderHere, typeof clusterExecutorsLoader>
  readonly clusterExecutorsRunScript: Fits<typeof clusterExecutorsRunScriptHere, typeof clusterExecutorsRunScript>
  readonly clusterTaskSlot: Fits<typeof clusterTaskSlotHere, typeof clusterTaskSlot>
  readonly coreKeyedHash: Fits<typeof coreKeyedHashHere, typeof coreKeyedHash>
  readonly coreOpentelemetry: Fits<typeof coreOpentelemetryHere, typeof coreOpentelemetry>
  readonly transportsBuiltIn: Fits<typeof transportsBuiltInHere, typeof transportsBuiltIn>
  readonly viewsConnect: Fits<typeof viewsConnectHere, typeof viewsConnect>
  readonly viewsFunctionsBuiltinExports: Fits<
    typeof viewsFunctionsBuiltinExportsHere,
    typeof viewsFunctionsBuiltinExports
  >
  readonly viewsFunctionsContentHash: Fits<typeof viewsFunctionsContentHashHere, typeof viewsFunctionsContentHash>
  readonly viewsFunctionsInspector: Fits<
    typeof viewsFunctionsInspectorHere,
    Omit<typeof viewsFunctionsInspector, 'uninitialized'>
  >
  readonly viewsFunctionsModuleFiles: Fits<typeof viewsFunctionsModuleFilesHere, typeof viewsFunctionsModuleFiles>
  readonly viewsFunctionsObjectKinds: Fits<typeof viewsFunctionsObjectKindsHere, typeof viewsFunctionsObjectKinds>
  readonly viewsFunctionsScript: Fits<typeof viewsFunctionsScriptHere, typeof viewsFunctionsScript>
  readonly viewsProgramFiles: Fits<typeof viewsProgramFilesHere, typeof viewsProgramFiles>
  readonly viewsProgressBar: Fits<typeof viewsProgressBarHere, typeof viewsProgressBar>
  readonly viewsSourceLines: Fits<typeof viewsSourceLinesHere, typeof viewsSourceLines>
}

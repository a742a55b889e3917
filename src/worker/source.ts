// The worker's program as text. The build puts it here, in the browser bundles; nothing else runs in a page.

/** Empty outside of them. */
export const WORKER_SOURCE = ''

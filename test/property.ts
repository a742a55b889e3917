// fast-check, with one seed for all properties: what fails once fails again. Other seeds are for the soak (test/soak).

import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.QUIVER_SEED ?? 1) })

export default fc

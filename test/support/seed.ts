/** Repeats a failed property: takes the seed and the path that fast-check printed from FC_SEED and FC_PATH. */
const { FC_SEED, FC_PATH } = process.env

if (FC_SEED !== undefined || FC_PATH !== undefined) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({
    ...(FC_SEED === undefined ? {} : { seed: Number(FC_SEED) }),
    ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
    endOnFailure: true,
  })
}

export {}

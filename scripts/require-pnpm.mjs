// preinstall: npm would not link the packages of the workspace, so `npm install` ends with the command that does.
if (!process.env.npm_config_user_agent?.startsWith('pnpm/')) {
  console.error('This workspace is installed by pnpm, which needs no installation of its own:\n\n  npm run setup\n')
  console.error('npm test and npm run demo do that first.')
  process.exit(1)
}

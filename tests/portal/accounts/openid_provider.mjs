// A real OpenID Connect provider for the tests: oidc-provider, certified by the OpenID Foundation, with what Entra ID does.
// Environment: PROVIDER_PORT, PEOPLE (a JSON file: person → claims, read anew for every question). Runs in portal/frontend.
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const {Provider} = await import(pathToFileURL(`${process.cwd()}/node_modules/oidc-provider/lib/index.js`));
const port = Number(process.env.PROVIDER_PORT);
const person = (id) => JSON.parse(readFileSync(process.env.PEOPLE, 'utf8'))[id];

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'frittfram',
    client_secret: 'secret-of-the-tests',
    redirect_uris: ['http://testserver/sign-in/entra/callback/'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  claims: {openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'], acr: null, amr: null},
  scopes: ['openid', 'email', 'profile', 'groups'],
  acrValues: ['two-factors', 'password'],
  cookies: {keys: ['only for tests']},
  features: {devInteractions: {enabled: false}},
  pkce: {required: () => true},
  interactions: {url: (ctx, interaction) => `/login/${interaction.uid}`},
  findAccount: (ctx, id) => person(id) && {accountId: id, claims: () => ({sub: id, ...person(id)})},
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId});
    grant.addOIDCScope('openid email profile groups');
    await grant.save();
    return grant;
  },
});
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/login/')) return next();
  const id = ctx.query.person;
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, {login: {accountId: id, acr: person(id).acr, amr: person(id).amr}}));
});
provider.listen(port, '127.0.0.1');

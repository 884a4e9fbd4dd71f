"""Access control: the only place that admits requests (docs/promises.md, promise 7).

1. A request to a public endpoint passes. Public endpoints are few and declared explicitly. One for claimants works for
   the tenant of cases without an account, and needs some of the budget of its network address, if it states one: what
   the caller may do follows from the secret in the body (`registry.web.claimants`).
2. A request without a valid key is answered with 401. An address with too many such requests is answered with 429.
3. The request draws on the tenant's budget, whether or not it is permitted.
4. The actor needs the permission that the endpoint states.

The work of a request counts for its tenant (`index.shares`). The server learns whose key a request has, and forgets a
key that is refused.
"""

from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, g, request

from index.shares import on_behalf_of
from registry.domain.claims import CLAIMS_TENANT
from registry.errors import NotAuthenticated, RateLimited
from registry.security import Budget
from registry.web.addresses import address_key, client_address
from registry.web.context import container
from registry.web.endpoints import Endpoint, statement_of

if TYPE_CHECKING:
    from registry.web.app import Application


def install_guard(app: Flask) -> None:
    """Run the guard before every request of the application."""
    app.before_request(_guard)
    app.after_request(_limit_headers)
    app.teardown_request(_end_share)


def _guard() -> None:
    if request.endpoint is None:
        return  # no such route: the router's own 404 or 405 follows
    statement = statement_of(current_app.view_functions[request.endpoint])
    if statement is None or statement.permission is None:  # 1.
        if statement is not None and statement.is_for_claimants:
            _admit_claimant(statement)
        return
    parts = container()
    front = cast("Application", current_app).front
    header = request.headers.get("Authorization")
    try:
        g.actor = parts.authenticator.actor(header)  # 2.
    except NotAuthenticated:
        front.forget(header or "")
        parts.rate_limits.draw(Budget.FAILURES, client_address())
        raise
    front.learn(header or "", g.actor.tenant_id)
    _begin_share(g.actor.tenant_id)
    if statement.budget is not None:
        try:
            g.limit = parts.rate_limits.draw(statement.budget, g.actor.tenant_id)  # 3.
        except RateLimited:
            g.limit = parts.rate_limits.standing(statement.budget, g.actor.tenant_id)
            raise
    g.actor.require(statement.permission)  # 4.


def _admit_claimant(statement: Endpoint) -> None:
    if statement.budget is not None:
        container().rate_limits.require(statement.budget, address_key())
    _begin_share(CLAIMS_TENANT)


def _begin_share(tenant_id: str) -> None:
    g.share = on_behalf_of(tenant_id)
    g.share.__enter__()


def _end_share(_error: BaseException | None) -> None:
    share = g.pop("share", None)
    if share is not None:
        share.__exit__(None, None, None)


def _limit_headers(response: Response) -> Response:
    standing = g.get("limit")
    if standing is not None:
        response.headers.extend(standing.headers())
    return response

"""How a test sets the stand-in up and looks into it; no part of Upstash."""

import base64


def control(account, management, value):
    """Does what a test asks for, in this order."""
    database = account.find(value["database"]) if "database" in value else account.databases[0]
    if value.get("clear"):
        database.faults.clear()
        management.faults = []
    database.faults.add(value.get("faults", []))
    management.faults += value.get("management_faults", [])
    database.limits.update(value.get("limits", {}))
    database.variants.update(value.get("variants", {}))
    database.state = value.get("state", database.state)
    account.time = value.get("now", account.time)
    management.looks = value.get("backup_looks", management.looks)
    database.meter.bill_rejected = value.get("bill_rejected", database.meter.bill_rejected)
    database.meter.read_regions = value.get("read_regions", database.meter.read_regions)
    if "lag" in value:
        database.lag(value["lag"])
    if value.get("rotate"):
        database.new_password()
    for user, password in value.get("users", {}).items():
        name = base64.urlsafe_b64encode(f"acl:{user}:{password}".encode()).decode()
        database.users[name] = (user, password)
    if value.get("reset_meter"):
        database.meter.reset()
        database.log.clear()
        management.calls.clear()
    return state(account, management, database)


def state(account, management, database):
    return {
        "database": database.id,
        "endpoint": f"{database.slug}.localhost:{account.port}",
        "token": database.rest_token,
        "read_only_token": database.read_only_token,
        "user_tokens": {user: name for name, (user, _) in database.users.items()},
        "email": account.email,
        "api_key": account.api_key,
        "read_only_api_key": account.read_only_key,
        "meter": database.meter.state(),
        "log": list(database.log),
        "management": list(management.calls),
    }

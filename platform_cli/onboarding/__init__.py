"""From a spec to a domain that is proven ready: plan, steps, engine, checks."""

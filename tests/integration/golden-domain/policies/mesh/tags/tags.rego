# METADATA
# title: Tags
# description: How every policy reads the tags of a column or a table.
# scope: package
package mesh.tags

# The tags that can be read; where there are none, there is nothing to read.
of(thing) := {tag |
	readable(thing)
	some tag in object.get(thing, "tags", [])
}

readable(thing) if {
	is_object(thing)
	found := object.get(thing, "tags", [])
	is_array(found)
	every tag in found {
		is_string(tag)
	}
}

# The known tags that this one is in another case, or with spaces: it would be an opt-out.
meant(tag) := {right |
	some right in known
	tag != right
	flat(tag) == flat(right)
}

# Tags that policies act on: those of the table of limits, and one for each guarded region.
known := {tag | some tag in data.mesh.limits.tags} | {concat(":", ["region", area]) |
	some area, _ in data.mesh.regions
}

# Not `lower`: engines differ on the capitals of other alphabets.
flat(tag) := upper(replace(trim_space(tag), " ", ""))
